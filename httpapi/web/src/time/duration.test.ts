import { describe, expect, test } from 'vitest'
import { age, clockTime, elapsed, fractionLeft, fullTime, left, lifetimeSeconds, secondsUntil, span } from './duration'

describe('a lifetime as blueprints write it', () => {
  test.each([
    ['10m', 600],
    ['1h 0m', 3600],
    ['2d 3h', 183600],
    ['1h30m', 5400],
    ['', 3600],
    [undefined, 3600],
    ['0m', null],
    ['0d 0h 0m', null],
  ])('%s', (text, seconds) => expect(lifetimeSeconds(text)).toBe(seconds))
})

describe('a span in words', () => {
  test.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [5400, '1 h 30 min'],
    [183600, '2 d 3 h'],
    [86400 + 59, '1 d'],
  ])('%d s', (seconds, words) => expect(span(seconds)).toBe(words))
})

describe('elapsed time', () => {
  test('shows tenths while it is short', () => expect(elapsed(2.44)).toBe('2.4 s'))
  test('rounds down to seconds later', () => expect(elapsed(72.9)).toBe('1 min 12 s'))
  test('is never negative, whatever the clocks say', () => expect(elapsed(-3)).toBe('< 0.1 s'))
})

describe('time left', () => {
  test.each([
    [3600, '1 h'],
    [3599, '59 min'],
    [600, '10 min'],
    [599, '9:59'],
    [61.2, '1:02'],
    [5, '0:05'],
    [-1, '0:00'],
  ])('%d s', (seconds, words) => expect(left(seconds)).toBe(words))

  const start = '2030-01-01T12:00:00Z'
  const end = '2030-01-01T13:00:00Z'
  test.each([
    ['at the start', '2030-01-01T12:00:00Z', 1],
    ['half-way', '2030-01-01T12:30:00Z', 0.5],
    ['after the end', '2030-01-01T14:00:00Z', 0],
    ['before the start', '2030-01-01T11:00:00Z', 1],
  ])('as a fraction %s', (_, now, part) => expect(fractionLeft(start, end, Date.parse(now))).toBe(part))
  test('as a fraction of nothing', () => expect(fractionLeft(end, end, Date.parse(start))).toBe(0))
  test('in seconds', () => expect(secondsUntil(end, Date.parse(start))).toBe(3600))
})

describe('times of day are local', () => {
  const time = '2030-01-01T22:30:05Z'
  const now = Date.parse('2030-01-01T21:00:00Z')
  test('today', () => expect(clockTime(time, now, 'en-GB', 'UTC')).toBe('22:30'))
  test('another day where the reader is', () => expect(clockTime(time, now, 'en-GB', 'Asia/Tokyo')).toBe('07:30'))
  test('tomorrow names the day', () => expect(clockTime('2030-01-02T01:00:00Z', now, 'en-GB', 'UTC')).toContain('2 Jan'))
  test('with the zone', () => expect(fullTime(time, 'en-GB', 'Europe/Helsinki')).toMatch(/00:30:05 (EET|GMT\+2)/))
})

test.each([
  [59, null],
  [60, { count: 1, unit: 'minute' }],
  [3 * 3600 + 5, { count: 3, unit: 'hour' }],
  [29 * 86400, { count: 29, unit: 'day' }],
  [364 * 86400, { count: 12, unit: 'month' }],
  [800 * 86400, { count: 2, unit: 'year' }],
])('%d seconds old', (seconds, want) => {
  expect(age(seconds)).toEqual(want)
})

describe('times in Finnish', () => {
  const now = Date.parse('2030-01-01T21:00:00Z')
  test('today', () => expect(clockTime('2030-01-01T22:05:00Z', now, 'fi-FI', 'UTC')).toBe('22.05'))
  test('another day names it', () => expect(clockTime('2030-01-02T01:00:00Z', now, 'fi-FI', 'UTC')).toMatch(/^ke 2\.?.*1\.00$/))
  test('with the zone', () => expect(fullTime('2030-01-01T22:30:05Z', 'fi-FI', 'Europe/Helsinki')).toMatch(/^keskiviikko.* 2\. tammikuuta 2030.*0\.30\.05 (EET|UTC\+2)$/))
})
