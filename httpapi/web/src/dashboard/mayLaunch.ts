import { isLive, type Blueprint, type Instance, type PoolStatus } from '../api/model'
import { t } from '../i18n'

/** Why an environment cannot be launched now, in words; null when it can. */
export function refusedBecause(blueprint: Blueprint, mine: Instance[], pool: PoolStatus | undefined, away: boolean): string | null {
  if (away) return t.environment.away
  if (pool && pool.state !== 'running') return t.environment.shutdown
  if (pool && pool.largest_host > 0 && (blueprint.config.consumed_slots ?? 1) > pool.largest_host) return t.environment.tooLarge
  const max = Math.max(1, blueprint.config.maximum_instances_per_user ?? 1)
  const live = mine.filter((instance) => instance.blueprint_id === blueprint.id && isLive(instance.state)).length
  return live >= max ? t.environment.limit(max) : null
}
