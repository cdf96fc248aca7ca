import { afterEach, describe, expect, test, vi } from 'vitest'
import { chosenLanguage, keepLanguage, languageFor, localeFor } from './language'

describe('the language', () => {
  test.each([
    ['is the one that was chosen, whatever the browser asks for', 'en', ['fi-FI', 'fi'], 'en'],
    ['is the first that the browser asks for and the UI has', null, ['sv-FI', 'fi-FI', 'en'], 'fi'],
    ['is found without a country', null, ['fi'], 'fi'],
    ['is found however it is written', null, ['FI-fi'], 'fi'],
    ['is not one that only begins alike', null, ['fil-PH'], 'en'],
    ['is English when the browser asks for none that there is', null, ['sv', 'de-DE'], 'en'],
    ['is English when the browser asks for nothing', null, [], 'en'],
    ['is not one that was chosen and is no longer there', 'sv', ['fi'], 'fi'],
    ['is not a name that every object has', 'toString', ['constructor'], 'en'],
  ])('%s', (_, chosen, asked, want) => expect(languageFor(chosen, asked)).toBe(want))
})

describe('dates and numbers are written', () => {
  test.each([
    ['as in the country of the browser', 'en', ['fi', 'en-US', 'en-GB'], 'en-US'],
    ['in the language’s own manner when the browser names no country', 'en', ['en'], 'en-GB'],
    ['in the language’s own manner when the browser asks for another', 'fi', ['en-US'], 'fi-FI'],
  ] as const)('%s', (_, language, asked, want) => expect(localeFor(language, asked)).toBe(want))
})

describe('the choice', () => {
  afterEach(() => vi.unstubAllGlobals())

  test('is kept', () => {
    const kept = new Map<string, string>()
    vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) })
    expect(chosenLanguage()).toBeNull()
    keepLanguage('fi')
    expect(chosenLanguage()).toBe('fi')
  })

  test('is none where the browser keeps nothing', () => {
    const refuse = () => {
      throw new DOMException('denied', 'SecurityError')
    }
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse })
    expect(() => keepLanguage('fi')).not.toThrow()
    expect(chosenLanguage()).toBeNull()
  })
})
