import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'

/**
 * Has everything on the page read again: what happened before the stream was open
 * was told to nobody. A first reading that is under way is not begun anew by the
 * library, but its answer may be older than the stream's first events, which found
 * nothing to be written to: so it is followed by another.
 */
export function readAnew(client: QueryClient): void {
  const first = client.getQueryCache().findAll({ fetchStatus: 'fetching', predicate: ({ state }) => state.data === undefined })
  void client.invalidateQueries()
  for (const query of first) follow(client, query)
}

/**
 * Follows a reading that is under way by another: its answer may be older than the
 * event that was just written into the cache, and undoes it. No other event may
 * come for days that would mend that.
 */
export function readAfter(client: QueryClient, queryKey: QueryKey): void {
  const query = client.getQueryCache().find({ queryKey })
  if (query?.state.fetchStatus === 'fetching') follow(client, query)
}

/** Readings that are followed already. */
const followed = new WeakSet<Promise<unknown>>()

function follow(client: QueryClient, { promise, queryKey }: Query): void {
  if (!promise || followed.has(promise)) return
  followed.add(promise)
  const again = () => client.invalidateQueries({ queryKey, exact: true })
  void promise.then(again, again)
}
