import { expect, test } from 'vitest'
import { percent, placeWords, transferWords } from './progress'

const place = { host_id: 'h1', state: 'sending', sent: 0, total: 0, skipped: 0, eta_seconds: null, failure: '' } as const

test.each([
  ['all that is known', { sent: 3, total: 9, skipped: 2048, eta_seconds: 61.2 }, '3 B of 9 B, 2 KiB were there already, about 1 min 2 s left'],
  ['less than a second is still time', { sent: 8, total: 9, eta_seconds: 0.2 }, '8 B of 9 B, about 1 s left'],
  ['nothing of an estimate that is not known', { sent: 3, total: 9, skipped: 0, eta_seconds: null }, '3 B of 9 B'],
  ['nothing before it is known how much it is', { sent: 0, total: 0 }, ''],
])('a transfer tells %s', (_, transfer, words) => {
  expect(transferWords(transfer)).toBe(words)
})

test.each([
  ['that failed tells why', { ...place, state: 'failed', failure: 'no room' } as const, 'failed: no room'],
  ['that begins tells no bytes', place, 'sending'],
  ['where it is tells nothing of the way', { ...place, state: 'present', sent: 9, total: 9 } as const, 'present'],
])('a host %s', (_, at, words) => {
  expect(placeWords(at)).toBe(words)
})

test.each([
  ['half', 5, 10, 50],
  ['nothing of an unknown total', 5, 0, 0],
  ['never more than all', 11, 10, 100],
])('percent: %s', (_, done, total, want) => {
  expect(percent(done, total)).toBe(want)
})
