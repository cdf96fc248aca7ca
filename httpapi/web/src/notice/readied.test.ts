import { expect, test } from 'vitest'
import type { Instance, InstanceState } from '../api/model'
import { readied, statesOf } from './readied'

const at = (state: InstanceState) => ({ id: 'i', state }) as Instance

test.each<[string, Instance[] | null, Instance[], number]>([
  ['that was being made is ready', [at('provisioning')], [at('running')], 1],
  ['that waited and was made between two looks is ready', [at('queueing')], [at('running')], 1],
  ['that was launched and made between two looks is ready', [], [at('running')], 1],
  ['that ran before is no news', [at('running')], [at('running')], 0],
  ['that ran at the first look is no news', null, [at('running')], 0],
  ['that failed is not ready', [at('provisioning')], [at('failed')], 0],
])('a notebook %s', (_, before, now, many) => {
  expect(readied(before && statesOf(before), now)).toHaveLength(many)
})
