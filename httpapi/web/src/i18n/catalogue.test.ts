import { describe, expect, test } from 'vitest'
import { catalogues } from '.'
import type { Catalogue } from './catalogue'
import type { Language } from './language'

type Words = (...values: unknown[]) => string

/** Every text of a catalogue by its path ("pool.hosts"). */
function texts(node: object, path = ''): Map<string, string | Words> {
  const found = new Map<string, string | Words>()
  for (const [key, value] of Object.entries(node) as [string, string | Words | object][]) {
    const at = path ? `${path}.${key}` : key
    if (typeof value === 'object') for (const [below, text] of texts(value, at)) found.set(below, text)
    else found.set(at, value as string | Words)
  }
  return found
}

/** A text, with its parameters' places filled: by counts, or by something of that name. */
const filled = (text: string | Words, value: unknown): string => (typeof text === 'string' ? text : text(...Array<unknown>(text.length).fill(value)))

const takesUnit = 'images.ago'

/** Texts that are the same in another language. */
const names = /^(product|cloud\.names\.openstack|units\.(hour|minute|second)|images\.(sent|pull\.referenceExample)|dashboard\.news|instance\.logOf)$/

const english = texts(await catalogues.en())
const others = Object.keys(catalogues).filter((code) => code !== 'en') as Language[]

describe.each(others)('the catalogue %s', async (code) => {
  const other = texts(await catalogues[code]())

  test('has the texts of the English one, and no others', () => {
    expect([...other.keys()].toSorted()).toEqual([...english.keys()].toSorted())
  })

  test('has texts with the same number of parameters', () => {
    const parameters = (all: Map<string, string | Words>) => Object.fromEntries([...all].map(([key, text]) => [key, typeof text === 'function' ? text.length : 'none']))
    expect(parameters(other)).toEqual(parameters(english))
  })

  test('leaves nothing empty or in English', () => {
    const same = [...other].filter(([key, text]) => {
      if (key === takesUnit) return false
      const words = filled(text, 3)
      expect(words, key).toMatch(/\S/)
      expect(words, key).not.toMatch(/undefined|NaN|\[object/)
      return words === filled(english.get(key) ?? '', 3) && !names.test(key)
    })
    expect(same.map(([key]) => key)).toEqual([])
  })

  test('uses every parameter', () => {
    for (const [key, text] of other) {
      if (typeof text !== 'function' || text.length !== 1 || key === 'pool.tryAgain') continue
      expect(text('7'), key).toContain('7')
    }
  })
})

describe('Finnish counts in the partitive', async () => {
  const t: Catalogue = await catalogues.fi()
  test.each([
    [t.everyone.chosen(1), 'Valittu 1 muistikirja'],
    [t.everyone.chosen(2), 'Valittu 2 muistikirjaa'],
    [t.everyone.destroyWords(1), 'Kaikki niiden sisältö menetetään, yhdeltä käyttäjältä. Tätä ei voi perua.'],
    [t.everyone.destroyWords(4), 'Kaikki niiden sisältö menetetään, 4 käyttäjältä. Tätä ei voi perua.'],
    [t.drain.waitsFor(1, 0), 'Vielä jäljellä: 1 isäntäkone, 0 muistikirjaa.'],
    [t.drain.waitsFor(2, 1), 'Vielä jäljellä: 2 isäntäkonetta, 1 muistikirja.'],
    [t.images.ago(1, 'year'), '1 vuosi sitten'],
    [t.images.ago(5, 'month'), '5 kuukautta sitten'],
    [t.images.faultyOnPool(1), 'Siellä on 1 tiedosto, jota ei voi käyttää.'],
    [t.images.faultyOnPool(2), 'Siellä on 2 tiedostoa, joita ei voi käyttää.'],
    [t.pool.free(1), '1 paikka vapaana'],
    [t.pool.free(0), '0 paikkaa vapaana'],
    [t.pool.errors(3, 1), '3 vikaa, joista 1 vaikuttaa yhä'],
    [t.pool.headroom(-1, 2, 0, 1, 4), 'Puuttuu 1 paikka; tavoite on 2; nyt on 1 isäntäkone, enintään 4.'],
    [t.pool.headroom(3, 2, 2, 1, 4), 'Vapaana tulee olemaan 3 paikkaa; tavoite on 2; valmisteilla on 2 isäntäkonetta.'],
    [t.instance.lastLines(1), 'Lokin viimeinen rivi'],
    [t.instance.lastLines(20), 'Lokin 20 viimeistä riviä'],
  ])('%s', (words, want) => expect(words).toBe(want))
})
