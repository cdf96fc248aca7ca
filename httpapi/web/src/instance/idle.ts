import type { Instance } from '../api/model'
import { useNow } from '../time/clock'
import { secondsUntil } from '../time/duration'

/** Seconds without use that are worth a word: use is told by the minute. */
const worthAWord = 3 * 60

/** For how long nobody has used a running instance; null where it is in use, or was not opened yet. */
export function useIdleSeconds(instance: Instance): number | null {
  const now = useNow()
  if (!instance.last_used_at) return null
  const seconds = -secondsUntil(instance.last_used_at, now)
  return seconds >= worthAWord ? seconds : null
}
