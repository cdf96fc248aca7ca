import type { Instance, InstanceState } from '../api/model'

/** The states of instances, by their ids. */
export const statesOf = (instances: Instance[]): ReadonlyMap<string, InstanceState> => new Map(instances.map(({ id, state }) => [id, state]))

/**
 * What runs now and did not at the last look; nothing at the first one, for what
 * ran then is no news. A quick launch may run when it is seen for the first time.
 */
export const readied = (before: ReadonlyMap<string, InstanceState> | null, instances: Instance[]): Instance[] =>
  before === null ? [] : instances.filter(({ id, state }) => state === 'running' && before.get(id) !== 'running')
