import { useMemo, useSyncExternalStore } from 'react'
import type { Announcement } from '../api/model'
import { watchers } from '../storage/watch'
import { reading } from './standing'

/** Where this browser keeps which announcements its reader has put away. */
const key = 'dockerdriver.dismissed'

const { watch, changed } = watchers()
let inMemory = '' // where the browser keeps nothing, the page does

function read(): string {
  try {
    return `${localStorage.getItem(key) ?? ''} ${inMemory}`
  } catch {
    return inMemory
  }
}

const readings = (text: string): string[] => text.split(' ').filter(Boolean)

/** What the reader has put away, by id and version. */
export function useDismissed(): ReadonlySet<string> {
  const text = useSyncExternalStore(watch, read)
  return useMemo(() => new Set(readings(text)), [text])
}

/** Puts one away, and forgets those that the server no longer tells of. */
export function dismiss(announcement: Announcement, told: Announcement[]): void {
  const still = new Set(told.map(reading))
  const kept = readings(read()).filter((each) => still.has(each))
  const next = [...new Set([...kept, reading(announcement)])].join(' ')
  try {
    localStorage.setItem(key, next)
  } catch {
    inMemory = next // it is forgotten at the next load
  }
  changed()
}
