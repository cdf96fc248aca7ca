import type { Instance } from '../api/model'
import { t } from '../i18n'
import { warnAt } from '../instance/Lifetime'
import { useNow } from '../time/clock'
import { left, secondsUntil } from '../time/duration'

/** The dashboard's tab title: the time left of what ends first, once it is short. */
export function useTabTitle(instances: Instance[]): string {
  const now = useNow()
  const seconds = instances.flatMap(({ state, expires_at }) => (state === 'running' && expires_at ? [secondsUntil(expires_at, now)] : []))
  const soonest = Math.min(...seconds)
  const title = `${t.dashboard.title} · ${t.product}`
  return soonest > 0 && soonest <= warnAt ? `${left(soonest)} · ${title}` : title
}
