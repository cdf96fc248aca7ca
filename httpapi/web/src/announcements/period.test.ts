import { describe, expect, test } from 'vitest'
import type { Announcement } from '../api/model'
import { draftOf, fieldOf, timeOf, writtenOf } from './period'

const known = { text: 'Break.', level: 'warning', from: '2030-01-01T12:00:17.5Z', until: null } as Announcement

describe('a time in a field', () => {
  test('comes back to the minute', () => expect(timeOf(fieldOf('2030-07-01T12:34:56Z'))).toBe('2030-07-01T12:34:00.000Z'))
  test('that is empty is none', () => expect([fieldOf(null), timeOf('')]).toEqual(['', null]))
  test('has four digits of year and two of all else', () => expect(fieldOf('2030-01-02T03:04:05Z')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/))
})

describe('a draft', () => {
  test('of a new announcement begins now and has no end', () => {
    expect(writtenOf(draftOf(undefined), undefined)).toEqual({ text: '', level: 'info', from: null, until: null })
  })
  test('in which the beginning was not touched keeps its seconds', () => {
    expect(writtenOf({ ...draftOf(known), text: 'Break!' }, known)).toEqual({ text: 'Break!', level: 'warning', from: known.from, until: null })
  })
  test('in which the beginning was emptied leaves it to the server', () => {
    expect(writtenOf({ ...draftOf(known), from: '' }, known).from).toBeNull()
  })
})
