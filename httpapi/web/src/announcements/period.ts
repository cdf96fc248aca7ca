import type { Announcement } from '../api/model'

/** The zone in which the reader's browser tells time. */
export const zone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone

const digits = (value: number, length = 2) => String(value).padStart(length, '0')

/** A time as a field of local date and time has it; the seconds are left out. Empty for none. */
export function fieldOf(time: string | null): string {
  if (time === null) return ''
  const at = new Date(time)
  return `${digits(at.getFullYear(), 4)}-${digits(at.getMonth() + 1)}-${digits(at.getDate())}T${digits(at.getHours())}:${digits(at.getMinutes())}`
}

/**
 * What a field of local date and time says; null for nothing. A field that still says
 * what it was filled with means that very time, with its seconds.
 */
export function timeOf(field: string, known: string | null = null): string | null {
  if (field === '') return null
  return field === fieldOf(known) ? known : new Date(field).toISOString()
}

/** What the form edits. */
export interface Draft {
  text: string
  level: Announcement['level']
  from: string
  until: string
}

export const draftOf = (known: Announcement | undefined): Draft => ({
  text: known?.text ?? '',
  level: known?.level ?? 'info',
  from: fieldOf(known?.from ?? null),
  until: fieldOf(known?.until ?? null),
})

/** The draft as the server takes it, of what was known when it was begun. */
export const writtenOf = ({ text, level, from, until }: Draft, known: Announcement | undefined) => ({
  text,
  level,
  from: timeOf(from, known?.from),
  until: timeOf(until, known?.until),
})
