import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query'
import { answered, api, Refusal } from './client'
import { keys } from './keys'
import { laterInstance, readInstances } from './lists'
import type { Instance } from './model'
import { mayBeLoggedIn } from './session'
import { t } from '../i18n'

export const meQuery = queryOptions({
  queryKey: keys.me,
  // Asking without a session would only write an error on the browser's console.
  queryFn: async ({ signal }) => {
    if (!mayBeLoggedIn()) throw new Refusal(401, { detail: t.login.needed })
    return answered(api.GET('/api/v1/me', { signal }))
  },
})

export const poolQuery = queryOptions({
  queryKey: keys.pool,
  queryFn: ({ signal }) => answered(api.GET('/api/v1/pool', { signal })),
})

/** How often charts are drawn anew, in milliseconds; points of longer spans change slowly. */
const chartPeriods = { hour: 10_000, day: 60_000, week: 60_000 }

/** What the pool was like; the span before stays until another one is there. */
export const poolHistoryQuery = (span: keyof typeof chartPeriods) =>
  queryOptions({
    queryKey: keys.poolHistory(span),
    queryFn: ({ signal }) => answered(api.GET('/api/v1/pool/history', { params: { query: { span } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: chartPeriods[span],
    refetchInterval: chartPeriods[span],
  })

/** The caller's instances, those that ended within the last day too. */
export const instancesQuery = queryOptions({
  queryKey: keys.instances,
  queryFn: async ({ signal, client }) => {
    const { items } = await answered(api.GET('/api/v1/instances', { params: { query: { ended: true } }, signal }))
    return readInstances(client.getQueryData<Instance[]>(keys.instances), items)
  },
})

/** All pages of everybody's instances, from one on. */
async function everyInstance(signal: AbortSignal, cursor = ''): Promise<Instance[]> {
  const query = { all: true, ended: true, ...(cursor && { cursor }) }
  const { items, next_cursor: next } = await answered(api.GET('/api/v1/instances', { params: { query }, signal }))
  return next ? [...items, ...(await everyInstance(signal, next))] : items
}

/** Everybody's instances, those that ended within the last day too; for administrators. */
export const everyInstanceQuery = queryOptions({
  queryKey: keys.everyInstance,
  queryFn: async ({ signal, client }) => readInstances(client.getQueryData<Instance[]>(keys.everyInstance), await everyInstance(signal)),
})

export const instanceQuery = (id: string) =>
  queryOptions({
    queryKey: keys.instance(id),
    queryFn: async ({ signal, client }) => {
      const read = await answered(api.GET('/api/v1/instances/{id}', { params: { path: { id } }, signal }))
      return laterInstance(client.getQueryData<Instance>(keys.instance(id)), read)
    },
  })

export const blueprintsQuery = queryOptions({
  queryKey: keys.blueprints,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/blueprints', { signal }))).items,
})

export const pluginsQuery = queryOptions({
  queryKey: keys.plugins,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/plugins', { signal }))).items,
})

export const variablesQuery = queryOptions({
  queryKey: keys.variables,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/variables', { signal }))).items,
})

/** What everybody is told now or will be. */
export const announcementsQuery = queryOptions({
  queryKey: keys.announcements,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/announcements', { signal }))).items,
})

/** Those that are over too; for administrators. */
export const everyAnnouncementQuery = queryOptions({
  queryKey: keys.everyAnnouncement,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/announcements', { params: { query: { all: true } }, signal }))).items,
})

export const hostsQuery = queryOptions({
  queryKey: keys.hosts,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/hosts', { signal }))).items,
})

export const imagesQuery = queryOptions({
  queryKey: keys.images,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/images', { signal }))).items,
})

/** The last pulls from registries, the newest first. */
export const pullsQuery = queryOptions({
  queryKey: keys.pulls,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/image-pulls', { signal }))).items,
})

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: async ({ signal }) => (await answered(api.GET('/api/v1/tokens', { signal }))).items,
})

export type LogType = 'running' | 'provisioning'

/** How often an open log is read again, in milliseconds. */
const logPeriod = 3000

export const logsQuery = (id: string, type: LogType) =>
  queryOptions({
    queryKey: keys.logs(id, type),
    queryFn: async ({ signal }) =>
      (await answered(api.GET('/api/v1/instances/{id}/logs', { params: { path: { id }, query: { type, lines: 500 } }, signal }))).items,
    refetchInterval: logPeriod,
  })

/** How often an open log of a host's build is read again, in milliseconds: each time asks the cloud. */
const hostLogPeriod = 10_000

/** What happened while a host was built, and the end of its machine's console. */
export const hostLogQuery = (id: string) =>
  queryOptions({
    queryKey: keys.hostLog(id),
    queryFn: ({ signal }) => answered(api.GET('/api/v1/hosts/{id}/log', { params: { path: { id } }, signal })),
    refetchInterval: hostLogPeriod,
    retry: false, // the server has waited for the cloud already
  })

/** Forgets everything of whoever was logged in. */
export function forget(client: QueryClient): void {
  client.clear()
}
