import { useQueryClient, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { applyEvent, eventNames, type Events } from './events'
import { readAnew } from './readAnew'

export type Connection = 'live' | 'away'

/** How long a broken stream may take to come back before the server counts as away. */
const graceMs = 2500
/** When, after the break of a stream, the server is asked whether it is there, and how long it has to answer. */
const probeAfterMs = 400
const probeMs = 1200
/** Waits between attempts after the browser itself has given up. */
const retryMs = [1000, 2000, 4000, 8000]
/** What events change without telling is read again at most this often. */
const rereadMs = 700

/**
 * How long a hidden tab keeps its stream: browsers allow six connections to a
 * plain-HTTP server, so that forgotten tabs would starve the one in use.
 */
const hiddenMs = 60_000

/** Whether the server answers at all: a proxy before it may break a stream, too. */
async function answers(): Promise<boolean> {
  try {
    const { ok } = await fetch('/favicon.svg', { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(probeMs) })
    return ok
  } catch {
    return false
  }
}

interface Feed {
  stop: () => void
}

/** Collects keys and has them read again together. */
function rereader(client: QueryClient) {
  const waiting = new Map<string, QueryKey>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    for (const queryKey of waiting.values()) void client.invalidateQueries({ queryKey })
    waiting.clear()
  }
  return {
    add(keys: QueryKey[]) {
      for (const key of keys) waiting.set(JSON.stringify(key), key)
      if (waiting.size > 0) timer ??= setTimeout(flush, rereadMs)
    },
    stop: () => clearTimeout(timer),
  }
}

/** Pauses what a hidden tab does not need; a tab that waits for its launch goes on. */
function whileVisible(pause: () => void, resume: () => void): () => void {
  let paused = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const pauseNow = () => {
    if (location.pathname.startsWith('/launches/')) return
    paused = true
    pause()
  }
  const changed = () => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(pauseNow, hiddenMs)
    else if (paused) {
      paused = false
      resume()
    }
  }
  document.addEventListener('visibilitychange', changed)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', changed)
  }
}

/** Follows the server's one stream of events and keeps the cache in step with it. */
function follow(client: QueryClient, onConnection: (connection: Connection) => void): Feed {
  const later = rereader(client)
  let source: EventSource | undefined
  let lastID = ''
  let failures = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let grace: ReturnType<typeof setTimeout> | undefined
  let probe: ReturnType<typeof setTimeout> | undefined

  const connect = () => {
    source = new EventSource(lastID ? `/api/v1/events?after=${encodeURIComponent(lastID)}` : '/api/v1/events')
    source.addEventListener('open', opened)
    source.addEventListener('error', failed)
    for (const name of eventNames) {
      source.addEventListener(name, (event) => {
        lastID = event.lastEventId || lastID
        later.add(applyEvent(client, name, JSON.parse(event.data) as Events[typeof name]))
      })
    }
  }
  const stopWaiting = () => {
    clearTimeout(grace)
    clearTimeout(probe)
    grace = undefined
  }
  const away = () => {
    clearTimeout(grace)
    onConnection('away')
  }
  /** Begins at the break of a stream that was live; later failures change nothing. */
  const beginWaiting = () => {
    if (grace !== undefined) return
    const mine = setTimeout(away, graceMs)
    grace = mine
    probe = setTimeout(async () => {
      if (!(await answers()) && grace === mine) away()
    }, probeAfterMs)
  }
  const opened = () => {
    stopWaiting()
    if (!lastID || failures > 0) readAnew(client)
    failures = 0
    onConnection('live')
  }
  const failed = () => {
    beginWaiting()
    failures++
    // The browser retries a broken stream by itself, but not a refused one.
    if (source?.readyState !== EventSource.CLOSED) return
    source.close()
    void client.invalidateQueries({ queryKey: ['me'] }) // a login that has ended leads to the login page
    retry = setTimeout(connect, retryMs[Math.min(failures, retryMs.length) - 1])
  }
  const pause = () => {
    source?.close()
    clearTimeout(retry)
    stopWaiting()
  }
  connect()
  const unwatch = whileVisible(pause, connect)
  return {
    stop() {
      unwatch()
      pause()
      later.stop()
    },
  }
}

/** Keeps the cache live while mounted; tells whether the server is there. */
export function useFeed(enabled: boolean): Connection {
  const client = useQueryClient()
  const [connection, setConnection] = useState<Connection>('live')
  useEffect(() => {
    if (!enabled) return
    const feed = follow(client, setConnection)
    return feed.stop
  }, [client, enabled])
  return connection
}
