import { describe, expect, test } from 'vitest'
import type { PoolHistory } from '../api/model'
import { launchRows, poolRows } from './rows'
import { secondsOf, valuesAt, windowOf, withGaps } from './series'
import { pointWords, rowWords, tickWords, valueWords } from './words'

const noon = Date.parse('2026-11-26T12:00:00Z') / 1000
const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

/** A history with points at so many seconds after noon. */
function history(after: number[], over: Partial<PoolHistory> = {}): PoolHistory {
  const zeros = after.map(() => 0)
  const nothing = after.map(() => null)
  return {
    span: 'hour', step_seconds: 10, times: after.map((seconds) => iso(noon + seconds)),
    slots_used: zeros, slots_free: zeros, slot_target: zeros, queued: zeros, hosts: zeros, launches: zeros, failures: zeros,
    launch: { stage: 'launch', p50_seconds: nothing, p90_seconds: nothing }, stages: [], ...over,
  }
}

describe('the times of a chart', () => {
  const past = (after: number[]) => withGaps(history(after)).times.map((time) => time - noon)
  test('of a server that was there', () => expect(past([0, 10, 20])).toEqual([0, 10, 20]))
  test('with one look that came late', () => expect(past([0, 20, 30])).toEqual([0, 20, 30]))
  test('of a server that was away: a time without values is between', () => expect(past([0, 10, 600, 610])).toEqual([0, 10, 20, 600, 610]))
  test('of nothing', () => expect(past([])).toEqual([]))
  test('and their values', () => {
    expect(valuesAt(withGaps(history([0, 600])), [3, 0])).toEqual([3, null, 0])
    expect(valuesAt(withGaps(history([0, 10])), [null, 4.5])).toEqual([null, 4.5])
  })
})

describe('the window of a chart', () => {
  test('ends with the step that now is in', () => {
    expect(windowOf({ span: 'hour', step_seconds: 10 }, noon + 0.5)).toEqual([noon + 10 - 3600, noon + 10])
    expect(windowOf({ span: 'week', step_seconds: 900 }, noon)).toEqual([noon - 7 * 86400, noon])
  })
})

test('seconds are of the stage that was chosen, or of the whole launch', () => {
  const image = { stage: 'image' as const, p50_seconds: [1], p90_seconds: [2] }
  const all = history([0], { stages: [image] })
  expect(secondsOf(all, 'image')).toBe(image)
  expect(secondsOf(all, 'launch')).toBe(all.launch)
})

describe('the table of the pool', () => {
  const points = history([0, 290, 310], { slots_used: [1, 3, 2], slots_free: [7, 5, 6], queued: [0, 2, 0], hosts: [1, 1, 2], slot_target: [4, 4, 6] })
  test('has the most of everything and the fewest free, newest first', () => {
    expect(poolRows(points, () => 0)).toEqual([
      { from: noon + 300, to: noon + 600, used: 2, free: 6, target: 6, queued: 0, hosts: 2 },
      { from: noon, to: noon + 300, used: 3, free: 5, target: 4, queued: 2, hosts: 1 },
    ])
  })
  test('has rows of whole hours where the reader is', () => {
    const week = { ...history([0]), span: 'week' as const }
    expect(poolRows(week, () => 2 * 3600).map(({ from }) => iso(from))).toEqual(['2026-11-26T10:00:00.000Z'])
    expect(poolRows(week, () => -5 * 3600).map(({ from }) => iso(from))).toEqual(['2026-11-26T05:00:00.000Z'])
  })
})

test('the table of launches leaves out when there were none', () => {
  const points = history([0, 10, 20], { launches: [1, 0, 0], failures: [0, 0, 2], launch: { stage: 'launch', p50_seconds: [4, null, null], p90_seconds: [5, null, null] } })
  expect(launchRows(points, 'launch')).toEqual([
    { from: noon + 20, to: noon + 30, launches: 0, failures: 2, p50: null, p90: null },
    { from: noon, to: noon + 10, launches: 1, failures: 0, p50: 4, p90: 5 },
  ])
})

describe('times are local', () => {
  const helsinki = { locale: 'en-GB', timeZone: 'Europe/Helsinki' }
  test('at the axis', () => {
    expect(tickWords(noon, 'day', helsinki)).toBe('14:00')
    expect(tickWords(noon, 'week', helsinki)).toBe('Thu 26')
  })
  test('of a point', () => {
    expect(pointWords(noon + 10, 'hour', helsinki)).toBe('14:00:10')
    expect(pointWords(noon, 'week', helsinki)).toMatch(/Thu.* 26.* 14:00/)
  })
  test('of a row', () => {
    expect(rowWords(noon, noon + 300, 'hour', helsinki)).toBe('14:00 – 14:05')
    expect(rowWords(noon, noon + 10, 'hour', helsinki)).toBe('14:00:00 – 14:00:10')
    expect(rowWords(noon, noon + 43200, 'week', helsinki)).toMatch(/^Thu.* 26.* 14:00 – 02:00$/)
  })
})

test.each([
  [null, 'count', '–'],
  [0, 'count', '0'],
  [4.26, 'seconds', '4.3 s'],
  [75, 'seconds', '1 min 15 s'],
] as const)('%s as a value', (value, unit, words) => expect(valueWords(value, unit)).toBe(words))
