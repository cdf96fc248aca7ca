import type { QueryClient } from '@tanstack/react-query'

/**
 * Has everything on the page read again: what happened before the stream was open
 * was told to nobody. A first reading that is under way is not begun anew by the
 * library, but its answer may be older than the stream's first events, which found
 * nothing to be written to: so it is followed by another.
 */
export function readAnew(client: QueryClient): void {
  const first = client.getQueryCache().findAll({ fetchStatus: 'fetching', predicate: ({ state }) => state.data === undefined })
  void client.invalidateQueries()
  for (const { promise, queryKey } of first) {
    const again = () => client.invalidateQueries({ queryKey, exact: true })
    void promise?.then(again, again)
  }
}
