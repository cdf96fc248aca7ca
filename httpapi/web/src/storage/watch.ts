/**
 * What follows something in this browser's storage: watch is for useSyncExternalStore,
 * and changed tells all watchers. What another tab changes is told by the browser.
 */
export function watchers(): { watch: (watcher: () => void) => () => void; changed: () => void } {
  const all = new Set<() => void>()
  return {
    watch(watcher) {
      all.add(watcher)
      addEventListener('storage', watcher)
      return () => {
        all.delete(watcher)
        removeEventListener('storage', watcher)
      }
    },
    changed() {
      for (const watcher of all) watcher()
    },
  }
}
