import { describe, expect, test } from 'vitest'
import { estimateWords, rangeWords } from './estimate'

const estimate = (p50: number, p90: number) => ({ p50_seconds: p50, p90_seconds: p90, count: 3 })

describe('how long a launch usually takes', () => {
  test.each([
    ['seconds share their unit', 8.2, 19.3, '8 to 20 s'],
    ['minutes do not', 45, 119.2, '45 s to 2 min'],
    ['minutes', 65, 130, '1 min 5 s to 2 min 10 s'],
    ['all the same', 3, 3, 'about 3 s'],
    ['the same to the second', 3.4, 3, 'about 3 s'],
    ['hardly any time', 0.1, 0.2, 'about 1 s'],
  ])('%s', (_, p50, p90, words) => expect(rangeWords(estimate(p50, p90))).toBe(words))
})

describe('what to expect of a launch', () => {
  test('that is within the usual', () => expect(estimateWords(estimate(8, 20), 20)).toBe('Usually ready in 8 to 20 s.'))
  test('that takes longer', () => expect(estimateWords(estimate(8, 19.5), 19.6)).toBe('This takes longer than usual: nine of ten launches were ready within 20 s.'))
})
