import { expect, test } from 'vitest'
import type { Blueprint, Instance, PoolStatus } from '../api/model'
import { refusedBecause } from './mayLaunch'

const environment = (slots?: number, most?: number) => ({ id: 'b', config: { consumed_slots: slots, maximum_instances_per_user: most } }) as Blueprint
const pool = (over: Partial<PoolStatus> = {}) => ({ state: 'running', largest_host: 4, ...over }) as PoolStatus
const mine = (...states: Instance['state'][]) => states.map((state) => ({ blueprint_id: 'b', state }) as Instance)

test.each<[string, string | null, Parameters<typeof refusedBecause>]>([
  ['nothing is in its way', null, [environment(), [], pool(), false]],
  ['the pool is not known yet', null, [environment(9), [], undefined, false]],
  ['the server is away', 'does not answer', [environment(), [], pool(), true]],
  ['the pool drains', 'shutdown mode', [environment(), [], pool({ state: 'draining' }), false]],
  ['it is larger than any host', 'room', [environment(5), [], pool(), false]],
  ['it fills the largest host', null, [environment(4), [], pool(), false]],
  ['no host is known yet', null, [environment(9), [], pool({ largest_host: 0 }), false]],
  ['its user has one', 'already', [environment(), mine('running'), pool(), false]],
  ['its user has one that failed', null, [environment(), mine('failed'), pool(), false]],
  ['its user may have another', null, [environment(1, 2), mine('queueing'), pool(), false]],
])('when %s', (_, words, asked) => {
  const refused = refusedBecause(...asked)
  if (words === null) expect(refused).toBeNull()
  else expect(refused?.toLowerCase()).toContain(words)
})
