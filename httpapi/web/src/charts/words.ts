import { locale } from '../i18n'
import { elapsed } from '../time/duration'
import type { HistorySpan } from './series'

type Zone = { locale?: string; timeZone?: string }

const clock = { hour: '2-digit', minute: '2-digit' } as const
const day = { weekday: 'short', day: 'numeric' } as const

const formatted = (seconds: number, zone: Zone, how: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(zone.locale, { ...how, timeZone: zone.timeZone }).format(seconds * 1000)

/** A time at the axis, as the reader's clock shows it; a week shows days. */
export const tickWords = (seconds: number, span: HistorySpan, zone: Zone = { locale }): string => formatted(seconds, zone, span === 'week' ? day : clock)

/** The time of a point: to the second where points stand for seconds, with its day in a week. */
export function pointWords(seconds: number, span: HistorySpan, zone: Zone = { locale }): string {
  if (span === 'hour') return formatted(seconds, zone, { ...clock, second: '2-digit' })
  return formatted(seconds, zone, span === 'week' ? { ...day, ...clock } : clock)
}

/** From when to when a row of a table goes; its day is told once. */
export function rowWords(from: number, to: number, span: HistorySpan, zone: Zone = { locale }): string {
  const end = span === 'hour' && to - from < 60 ? { ...clock, second: '2-digit' as const } : clock
  const begin = span === 'week' ? { ...day, ...end } : end
  return `${formatted(from, zone, begin)} – ${formatted(to, zone, end)}`
}

/** A value of a chart: a count, or seconds; a dash where there is none. */
export function valueWords(value: number | null, unit: 'count' | 'seconds'): string {
  if (value === null) return '–'
  return unit === 'seconds' ? elapsed(value) : String(value)
}
