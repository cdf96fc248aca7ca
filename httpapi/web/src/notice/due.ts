import type { Instance } from '../api/model'
import { idleEndsIn } from '../instance/idle'
import { secondsUntil } from '../time/duration'

/** How many seconds before its end a notebook is told of, the longest first. */
export const marks = [10 * 60, 2 * 60]

export interface Notice {
  /** The same mark of the same end is told once. */
  key: string
  instance: Instance
  /** Until its end. */
  seconds: number
  /** It ends because nobody uses it. */
  idle: boolean
}

/** What has to be told now and was not yet. Of marks that were passed together only the last is told. */
export function due(instances: Instance[], now: number, told: ReadonlySet<string>): Notice[] {
  return instances.flatMap((instance) => {
    const notice = noticeOf(instance, now)
    return notice && !told.has(notice.key) ? [notice] : []
  })
}

function noticeOf(instance: Instance, now: number): Notice | null {
  if (instance.state !== 'running') return null
  const lifetime = instance.expires_at ? secondsUntil(instance.expires_at, now) : Infinity
  const idle = idleEndsIn(instance, now, marks[0] ?? 0) ?? Infinity
  const seconds = Math.min(lifetime, idle)
  const mark = marks.findLast((each) => seconds <= each)
  if (mark === undefined || seconds <= 0) return null
  const isIdle = idle < lifetime
  // An end that is put off is another end.
  const end = isIdle ? 'idle' : instance.expires_at
  return { key: `${instance.id} ${end} ${mark}`, instance, seconds, idle: isIdle }
}
