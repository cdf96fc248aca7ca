import type { en } from './en'

/** The texts of one language, by what they are for: in the shape of the English ones. */
export type Catalogue = typeof en
