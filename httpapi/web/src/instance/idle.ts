import type { Instance } from '../api/model'
import { secondsUntil } from '../time/duration'

/** Seconds without use that are worth a word: use is told by the minute. */
const worthAWord = 3 * 60

type Used = Pick<Instance, 'started_at' | 'last_used_at' | 'idle_ends_at'>

/** For how many whole minutes, in seconds, nobody has used an instance; null where it is in use, or was not opened yet. */
export function idleSeconds(instance: Used, now: number): number | null {
  if (!instance.last_used_at) return null
  const seconds = -secondsUntil(instance.last_used_at, now)
  return seconds >= worthAWord ? seconds - (seconds % 60) : null
}

/**
 * Seconds until an instance ends for want of use, where that is soon: in less
 * than `soon` seconds, and in the second half of the time that it may idle. Else
 * one that may idle for little would be warned of while it is in use.
 */
export function idleEndsIn(instance: Used, now: number, soon: number): number | null {
  if (!instance.idle_ends_at) return null
  const seconds = secondsUntil(instance.idle_ends_at, now)
  const since = instance.last_used_at ?? instance.started_at
  const half = since ? secondsUntil(instance.idle_ends_at, Date.parse(since)) / 2 : soon
  return seconds > 0 && seconds <= Math.min(soon, half) ? seconds : null
}
