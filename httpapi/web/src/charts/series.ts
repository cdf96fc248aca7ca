import type { PoolHistory } from '../api/model'

export type HistorySpan = PoolHistory['span']
export type StageName = PoolHistory['launch']['stage']

const hour = 3600
/** Seconds of each span. */
export const lengths: Record<HistorySpan, number> = { hour, day: 24 * hour, week: 7 * 24 * hour }

/** What a chart draws: seconds since 1970, and the values of each line. */
export interface Series {
  times: number[]
  /** For each time the place in the history; -1 where there is a gap. */
  places: number[]
}

/** Steps between two points from which the server was away between them: a late look is no gap. */
const gapAfter = 2.5

/** The times of a history, with one that has no values in each gap, so that no line is drawn across it. */
export function withGaps({ times, step_seconds: step }: Pick<PoolHistory, 'times' | 'step_seconds'>): Series {
  const series: Series = { times: [], places: [] }
  let last = Number.POSITIVE_INFINITY
  for (const [place, time] of times.entries()) {
    const at = Date.parse(time) / 1000
    if (at - last > gapAfter * step) {
      series.times.push(last + step)
      series.places.push(-1)
    }
    series.times.push(at)
    series.places.push(place)
    last = at
  }
  return series
}

export type Values = readonly (number | null)[]

/** Values at the times of a series: none in its gaps. */
export const valuesAt = ({ places }: Series, values: Values): (number | null)[] => places.map((place) => values[place] ?? null)

/** The seconds of a stage, or of whole launches. */
export const secondsOf = (history: PoolHistory, stage: StageName): PoolHistory['launch'] =>
  history.stages.find((one) => one.stage === stage) ?? history.launch

/** The window that a chart shows: it ends with the step that now is in (seconds since 1970). */
export function windowOf({ span, step_seconds: step }: Pick<PoolHistory, 'span' | 'step_seconds'>, now: number): [from: number, to: number] {
  const to = Math.ceil(now / step) * step
  return [to - lengths[span], to]
}
