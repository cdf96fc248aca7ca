import { t } from '../i18n'
import { decimal } from '../i18n/decimal'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

const lifetimePattern = /^(?:(\d{1,4})d)?\s*(?:(\d{1,5})h)?\s*(?:(\d{1,6})m)?$/

/**
 * Seconds of a lifetime as blueprints write it ("2d 3h", "1h 30m"); null means
 * no end ("0m"). Empty is one hour, the server's default.
 */
export function lifetimeSeconds(text: string | undefined): number | null {
  const trimmed = (text ?? '').trim()
  if (trimmed === '') return hour
  const found = lifetimePattern.exec(trimmed)
  if (!found) return hour
  const [, days = '0', hours = '0', minutes = '0'] = found
  const seconds = Number(days) * day + Number(hours) * hour + Number(minutes) * minute
  return seconds === 0 ? null : seconds
}

/** Seconds by which a lifetime may be prolonged in all; 0: not at all. */
export function extensionSeconds(text: string | undefined): number {
  return (text ?? '').trim() === '' ? 0 : (lifetimeSeconds(text) ?? 0)
}

/** "2 d 3 h", "1 h 30 min", "45 min": at most two units, none that is zero. */
export function span(seconds: number): string {
  const units: [number, string][] = [
    [Math.floor(seconds / day), t.units.day],
    [Math.floor((seconds % day) / hour), t.units.hour],
    [Math.floor((seconds % hour) / minute), t.units.minute],
    [Math.floor(seconds % minute), t.units.second],
  ]
  const first = units.findIndex(([count]) => count > 0)
  if (first < 0) return `0 ${t.units.second}`
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** Time that something has taken so far: tenths while it is short. */
export function elapsed(seconds: number): string {
  const positive = Math.max(0, seconds)
  if (positive < 0.05) return `< ${decimal(0.1)} ${t.units.second}`
  if (positive < 10) return `${decimal(positive)} ${t.units.second}`
  return span(positive)
}

/** Time left, counting down by the second in the last ten minutes ("9:41"). */
export function left(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  if (whole >= 10 * minute) return span(whole - (whole % minute))
  return `${Math.floor(whole / minute)}:${String(whole % minute).padStart(2, '0')}`
}

/** The part of a lifetime that is left, from 0 to 1. */
export function fractionLeft(startedAt: string | null, expiresAt: string, now: number): number {
  const end = Date.parse(expiresAt)
  const start = startedAt ? Date.parse(startedAt) : now
  if (end <= start) return 0
  return Math.min(1, Math.max(0, (end - now) / (end - start)))
}

/** Seconds from now until a time; negative when it has passed. */
export function secondsUntil(time: string, now: number): number {
  return (Date.parse(time) - now) / 1000
}

/** Local time of day, with the day before it when that is not today. */
export function clockTime(time: string, now: number, locale?: string, timeZone?: string): string {
  const then = new Date(time)
  const dayOf = (date: Date) => date.toLocaleDateString(locale, { timeZone })
  const today = dayOf(then) === dayOf(new Date(now))
  return then.toLocaleString(locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    ...(today ? {} : { weekday: 'short', day: 'numeric', month: 'short' }),
  })
}

/** Local time of day to the second, for what happened in one go. */
export function exactTime(time: string, locale?: string, timeZone?: string): string {
  return new Date(time).toLocaleTimeString(locale, { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** The whole local time with its zone, for titles. */
export function fullTime(time: string, locale?: string, timeZone?: string): string {
  return new Date(time).toLocaleString(locale, {
    timeZone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  })
}

export type AgeUnit = 'minute' | 'hour' | 'day' | 'month' | 'year'

const agesIn: [number, AgeUnit][] = [
  [365 * day, 'year'],
  [30 * day, 'month'],
  [day, 'day'],
  [hour, 'hour'],
  [minute, 'minute'],
]

/** How old something is, in its largest unit; null within the first minute. */
export function age(seconds: number): { count: number; unit: AgeUnit } | null {
  const found = agesIn.find(([length]) => seconds >= length)
  return found ? { count: Math.floor(seconds / found[0]), unit: found[1] } : null
}
