import { useSyncExternalStore } from 'react'

// How far the server's clock is ahead of the browser's, in milliseconds.
// Lifetimes are the server's; a browser with a wrong clock must not show them wrong.
let ahead = 0

/** Learns the server's clock from an answer's Date header (whole seconds). */
export function learnServerTime(header: string | null, receivedAt: number): void {
  if (!header) return
  const difference = Date.parse(header) + 500 - receivedAt
  // Under two seconds it is the header's own coarseness or the way here.
  ahead = Number.isNaN(difference) || Math.abs(difference) < 2000 ? 0 : difference
}

/** Now by the server's clock, in milliseconds. */
export const serverNow = (): number => Date.now() + ahead

type Watcher = () => void

function ticker(period: number) {
  const watchers = new Set<Watcher>()
  let timer: ReturnType<typeof setInterval> | undefined
  let now = serverNow()
  const tick = () => {
    now = serverNow()
    for (const watcher of watchers) watcher()
  }
  return {
    read: () => now,
    watch(watcher: Watcher) {
      if (watchers.size === 0) {
        now = serverNow()
        timer = setInterval(tick, period)
      }
      watchers.add(watcher)
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0) clearInterval(timer)
      }
    },
  }
}

const seconds = ticker(1000)
const tenths = ticker(100)

/** Now, by the second: one timer for the whole page. */
export const useNow = (): number => useSyncExternalStore(seconds.watch, seconds.read)

/** Now, ten times a second, for what has just begun. */
export const useFastNow = (): number => useSyncExternalStore(tenths.watch, tenths.read)
