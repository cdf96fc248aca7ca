import { describe, expect, test } from 'vitest'
import type { Stray } from '../api/model'
import { goneWith } from './strays'

const stray = (id: string, host_id: string): Stray => ({ kind: 'volume', id, name: id, host_id, created_at: null, found_at: null, reason: '', release_at: null })

describe('what goes with a stray', () => {
  const all = [stray('a', 'h1'), stray('b', 'h2'), stray('c', 'h1'), stray('d', ''), stray('e', '')]
  test.each<[string, number, string[]]>([
    ['what was made for the same host', 0, ['a', 'c']],
    ['nothing, where it is the only one', 1, ['b']],
    ['nothing, where nobody knows whose it is', 3, ['d']],
  ])('%s', (_, at, ids) => expect(goneWith(all, all[at] as Stray).map(({ id }) => id)).toEqual(ids))
})
