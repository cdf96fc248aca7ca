import type { Announcement } from '../api/model'

/** Where an announcement stands in its period. */
export type Standing = 'current' | 'upcoming' | 'over'

export const standings = ['current', 'upcoming', 'over'] as const satisfies Standing[]

// No closer does a browser know the server's clock (time/clock.ts): what is announced
// from now on must not seem to lie ahead.
const slackMs = 2000

export function standing({ from, until }: Announcement, now: number): Standing {
  if (until !== null && Date.parse(until) <= now) return 'over'
  return Date.parse(from) <= now + slackMs ? 'current' : 'upcoming'
}

const weight: Record<Announcement['level'], number> = { critical: 0, warning: 1, info: 2 }

/** One reading of an announcement: what was dismissed comes back when it is changed. */
export const reading = ({ id, version }: Announcement): string => `${id}:${version}`

export const mayDismiss = ({ level }: Announcement): boolean => level !== 'critical'

/** What the reader sees now, what matters most first. */
export function shown(list: Announcement[], now: number, dismissed: ReadonlySet<string>): Announcement[] {
  return list
    .filter((announcement) => standing(announcement, now) === 'current' && !(mayDismiss(announcement) && dismissed.has(reading(announcement))))
    .toSorted((a, b) => weight[a.level] - weight[b.level] || Date.parse(a.from) - Date.parse(b.from))
}

/** All by where they stand: what comes next first, of those that are over the last one. */
export function grouped(list: Announcement[], now: number): Record<Standing, Announcement[]> {
  const groups: Record<Standing, Announcement[]> = { current: [], upcoming: [], over: [] }
  for (const announcement of list) groups[standing(announcement, now)].push(announcement)
  for (const group of [groups.current, groups.upcoming]) group.sort((a, b) => Date.parse(a.from) - Date.parse(b.from))
  groups.over.sort((a, b) => Date.parse(b.until ?? '') - Date.parse(a.until ?? ''))
  return groups
}
