/**
 * The languages of the UI, each by its own name, with the manner of its dates
 * and numbers for a reader whose browser knows of none.
 */
export const languages = {
  en: { name: 'English', locale: 'en-GB' },
  fi: { name: 'Suomi', locale: 'fi-FI' },
} as const

export type Language = keyof typeof languages

const isLanguage = (code: string | null): code is Language => code !== null && Object.hasOwn(languages, code)

/** "fi-FI" and "fi" are both Finnish. */
const languageOf = (tag: string): string => tag.toLowerCase().split('-', 1)[0] ?? ''

/** The reader's choice if there is one, else the first that the browser asks for, else English. */
export function languageFor(chosen: string | null, asked: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen
  return asked.map(languageOf).find(isLanguage) ?? 'en'
}

/** In which way dates and numbers are written: as in the reader's own country, where the browser tells it. */
export function localeFor(language: Language, asked: readonly string[]): string {
  return asked.find((tag) => languageOf(tag) === language && tag.includes('-')) ?? languages[language].locale
}

const key = 'dockerdriver-language'

/** What the reader has chosen in this browser; null: nothing, or it may keep nothing. */
export function chosenLanguage(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Keeps the reader's choice, where the browser may keep something. */
export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(key, language)
  } catch {
    // The browser's own language stays.
  }
}
