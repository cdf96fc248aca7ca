import { isLaunching, type Instance, type InstanceState } from '../api/model'

/** The states of instances, by their ids. */
export const statesOf = (instances: Instance[]): ReadonlyMap<string, InstanceState> => new Map(instances.map(({ id, state }) => [id, state]))

/** What was launching and runs now. What ran when it was first seen is no news. */
export const readied = (before: ReadonlyMap<string, InstanceState>, instances: Instance[]): Instance[] =>
  instances.filter(({ id, state }) => {
    const was = before.get(id)
    return state === 'running' && was !== undefined && isLaunching(was)
  })
