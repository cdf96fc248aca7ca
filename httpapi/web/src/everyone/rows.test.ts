import { describe, expect, test } from 'vitest'
import type { Instance } from '../api/model'
import { canEnd, rows, type Order } from './rows'

const instance = (over: Partial<Instance>) => ({ id: over.name, state: 'running', blueprint_name: 'RStudio', user: 'ada@example.org', host_id: 'h1', created_at: null, expires_at: null, ...over }) as Instance
const hosts = new Map([['h1', 'pb_dd_1'], ['h2', 'pb_dd_2']])
const all = [
  instance({ name: 'pb-2', expires_at: '2030-01-01T12:00:00Z' }),
  instance({ name: 'pb-10', user: 'bob@example.org', host_id: 'h2' }),
  instance({ name: 'pb-1', state: 'deleted', expires_at: '2030-01-01T10:00:00Z' }),
]
const names = (words: string, live: boolean, order: Order = { by: 'name', down: false }) => rows(all, hosts, { words, live }, order).map(({ name }) => name)

describe('the rows of everybody’s instances', () => {
  test('are in the order of their numbers', () => expect(names('', false)).toEqual(['pb-1', 'pb-2', 'pb-10']))
  test('can be turned around', () => expect(names('', false, { by: 'name', down: true })).toEqual(['pb-10', 'pb-2', 'pb-1']))
  test('are those there now', () => expect(names('', true)).toEqual(['pb-2', 'pb-10']))
  test('fit every word, in any case, by the host’s name too', () => expect(names('BOB dd_2', false)).toEqual(['pb-10']))
  test('end first that end first, and without an end last', () => expect(names('', false, { by: 'ends', down: false })).toEqual(['pb-1', 'pb-2', 'pb-10']))
  test('cannot end twice', () => expect(all.map(canEnd)).toEqual([true, true, false]))
})
