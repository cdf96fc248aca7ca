import { en, type Catalogue } from './en'

/** The texts in the reader's language; English is the only one so far. */
export const t: Catalogue = en

/** In which way dates are written: as the browser's owner is used to. */
export const locale: string | undefined = undefined
