import { describe, expect, test } from 'vitest'
import type { Announcement } from '../api/model'
import { grouped, reading, shown, standing } from './standing'

const now = Date.parse('2030-01-01T12:00:00Z')
const inSeconds = (seconds: number) => new Date(now + seconds * 1000).toISOString()
const announcement = (over: Partial<Announcement>): Announcement => ({
  id: 'a', text: 'Break at noon.', level: 'info', from: inSeconds(-60), until: null, version: 1, created_at: null, created_by: '', updated_at: null, updated_by: '', ...over,
})
const none = new Set<string>()
const ids = (list: Announcement[]) => list.map(({ id }) => id)

describe('an announcement', () => {
  test.each<[string, Partial<Announcement>, string]>([
    ['without an end stays', {}, 'current'],
    ['before its end is shown', { until: inSeconds(1) }, 'current'],
    ['at its end is over', { until: inSeconds(0) }, 'over'],
    ['that begins later is to come', { from: inSeconds(60), until: inSeconds(120) }, 'upcoming'],
    ['that begins now is shown by a clock that is a little behind', { from: inSeconds(1.5) }, 'current'],
  ])('%s', (_, over, want) => expect(standing(announcement(over), now)).toBe(want))
})

describe('the reader sees', () => {
  test('what is announced now, what matters most first', () => {
    const list = [
      announcement({ id: 'info' }), announcement({ id: 'warning', level: 'warning' }), announcement({ id: 'later', level: 'critical', from: inSeconds(60) }),
      announcement({ id: 'critical', level: 'critical' }), announcement({ id: 'older', from: inSeconds(-120) }), announcement({ id: 'over', until: inSeconds(-1) }),
    ]
    expect(ids(shown(list, now, none))).toEqual(['critical', 'warning', 'older', 'info'])
    expect(ids(shown(list, now + 60_000, none))).toEqual(['critical', 'later', 'warning', 'older', 'info'])
  })
  test('nothing that they dismissed, until it is changed', () => {
    const list = [announcement({ id: 'dismissed' }), announcement({ id: 'changed', version: 2 })]
    expect(ids(shown(list, now, new Set(['dismissed:1', 'changed:1'])))).toEqual(['changed'])
  })
  test('what is critical, though they had dismissed it before it was', () => {
    const list = [announcement({ level: 'critical' })]
    expect(ids(shown(list, now, new Set(list.map(reading))))).toEqual(['a'])
  })
})

test('an administrator sees them by where they stand', () => {
  const list = [
    announcement({ id: 'first over', until: inSeconds(-50) }), announcement({ id: 'last over', until: inSeconds(-5) }), announcement({ id: 'now' }),
    announcement({ id: 'last', from: inSeconds(90) }), announcement({ id: 'next', from: inSeconds(30) }),
  ]
  const { current, upcoming, over } = grouped(list, now)
  expect([ids(current), ids(upcoming), ids(over)]).toEqual([['now'], ['next', 'last'], ['last over', 'first over']])
})
