import type { Catalogue } from './catalogue'
import { chosenLanguage, languageFor, localeFor, type Language } from './language'

// A catalogue is fetched only when it is spoken. It must import nothing of the
// rest of the UI, which waits for it here.
export const catalogues: Record<Language, () => Promise<Catalogue>> = {
  en: async () => (await import('./en')).en,
  fi: async () => (await import('./fi')).fi,
}

// Tests without a browser are in English, whatever machine they run on.
const asked = typeof document === 'undefined' ? [] : navigator.languages

/** The language that the UI speaks; another one takes a reload. */
export const language = languageFor(chosenLanguage(), asked)

/** In which way dates and numbers are written. */
export const locale = localeFor(language, asked)

/** The texts in the reader's language. */
export const t: Catalogue = await catalogues[language]()
