import { describe, expect, it } from 'vitest'
import { idleEndsIn, idleSeconds } from './idle'

const now = Date.parse('2030-01-01T12:00:00Z')
const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString()
const used = (started: number, last: number | null, ends: number | null) => ({
  started_at: at(started),
  last_used_at: last === null ? null : at(last),
  idle_ends_at: ends === null ? null : at(ends),
})

describe('how long an instance has idled', () => {
  it.each([
    ['was not opened yet', null, null],
    ['is in use', -2.9, null],
    ['idles for a while', -12.7, 12 * 60],
    ['is used by a clock ahead of ours', 5, null],
  ])('%s', (_, last, seconds) => {
    expect(idleSeconds(used(-60, last, null), now)).toBe(seconds)
  })
})

describe('when it ends for want of use', () => {
  it.each([
    ['never', -60, -20, null, null],
    ['not soon', -60, -19, 11, null],
    ['soon', -60, -21, 9, 540],
    ['soon, and nobody opened it', -21, null, 9, 540],
    ['it may idle for little, and is in use', -60, 0, 5, null],
    ['it may idle for little, and idles', -60, -3, 2, 120],
    ['now', -60, -30, 0, null],
  ])('%s', (_, started, last, ends, seconds) => {
    expect(idleEndsIn(used(started, last, ends), now, 600)).toBe(seconds)
  })
})
