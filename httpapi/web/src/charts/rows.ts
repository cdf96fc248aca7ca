import type { PoolHistory } from '../api/model'
import { secondsOf, type HistorySpan, type StageName } from './series'

/** Seconds that a row of a table stands for. */
const periods: Record<HistorySpan, number> = { hour: 300, day: 2 * 3600, week: 12 * 3600 }

const aheadOfUTC = (seconds: number): number => -new Date(seconds * 1000).getTimezoneOffset() * 60

/** The pool over one row of a table; times in seconds since 1970. */
export interface PoolRow {
  from: number
  to: number
  used: number
  free: number
  target: number
  queued: number
  hosts: number
}

/**
 * The points in rows of whole local times, newest first: the most of everything,
 * and the fewest free slots. ahead tells how many seconds local time is ahead of UTC.
 */
export function poolRows(history: PoolHistory, ahead: (seconds: number) => number = aheadOfUTC): PoolRow[] {
  const period = periods[history.span]
  const rows = new Map<number, PoolRow>()
  for (const [n, time] of history.times.entries()) {
    const at = Date.parse(time) / 1000
    const from = Math.floor((at + ahead(at)) / period) * period - ahead(at)
    const point = {
      used: history.slots_used[n] ?? 0,
      free: history.slots_free[n] ?? 0,
      target: history.slot_target[n] ?? 0,
      queued: history.queued[n] ?? 0,
      hosts: history.hosts[n] ?? 0,
    }
    const row = rows.get(from) ?? { from, to: from + period, ...point }
    rows.set(from, {
      ...row,
      used: Math.max(row.used, point.used),
      free: Math.min(row.free, point.free),
      target: Math.max(row.target, point.target),
      queued: Math.max(row.queued, point.queued),
      hosts: Math.max(row.hosts, point.hosts),
    })
  }
  return [...rows.values()].toReversed()
}

/** A point in which there were launches. */
export interface LaunchRow {
  from: number
  to: number
  launches: number
  failures: number
  p50: number | null
  p90: number | null
}

/** The points with launches, newest first. */
export function launchRows(history: PoolHistory, stage: StageName): LaunchRow[] {
  const { p50_seconds: p50, p90_seconds: p90 } = secondsOf(history, stage)
  return history.times
    .map((time, n): LaunchRow => {
      const from = Date.parse(time) / 1000
      const counts = { launches: history.launches[n] ?? 0, failures: history.failures[n] ?? 0 }
      return { from, to: from + history.step_seconds, ...counts, p50: p50[n] ?? null, p90: p90[n] ?? null }
    })
    .filter(({ launches, failures }) => launches + failures > 0)
    .toReversed()
}
