import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answered, api, ifMatch } from './client'
import { keys } from './keys'
import { laterInstance, withAnnouncement, withBlueprint, withHost, withInstance, withPull, withVariable, type Gone } from './lists'
import type { Announcement, AnnouncementDraft, Blueprint, BlueprintDraft, Host, Image, Instance, Me, PoolStatus, Pull, Stray, Variable } from './model'
import { forget } from './queries'
import { beginSession } from './session'

export function useLogin() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => answered(api.POST('/api/v1/sessions', { body })),
    onSuccess: (me) => {
      beginSession()
      forget(client)
      client.setQueryData(keys.me, me)
    },
  })
}

export function useLogout() {
  return useMutation({
    mutationFn: () => answered(api.DELETE('/api/v1/sessions/current')),
    // A whole page load leaves nothing of the user in memory.
    onSuccess: () => location.assign('/login'),
  })
}

function useInstanceUpdate() {
  const client = useQueryClient()
  return (next: Instance) => {
    const isOwn = client.getQueryData<Me>(keys.me)?.id === next.user_id
    if (isOwn) client.setQueryData<Instance[]>(keys.instances, (list) => list && withInstance(list, next))
    client.setQueryData<Instance[]>(keys.everyInstance, (list) => list && withInstance(list, next))
    client.setQueryData<Instance>(keys.instance(next.id), (known) => known && laterInstance(known, next))
  }
}

export function useLaunch() {
  const onSuccess = useInstanceUpdate()
  return useMutation({
    mutationFn: ({ blueprintID, test = false }: { blueprintID: string; test?: boolean }) =>
      answered(api.POST('/api/v1/instances', { body: { blueprint_id: blueprintID, ...(test && { test }) } })),
    onSuccess,
  })
}

export function useEndInstance() {
  const onSuccess = useInstanceUpdate()
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE('/api/v1/instances/{id}', { params: { path: { id } } })),
    onSuccess,
  })
}

export function useExtendInstance() {
  const onSuccess = useInstanceUpdate()
  return useMutation({
    mutationFn: (id: string) => answered(api.POST('/api/v1/instances/{id}/extend', { params: { path: { id } } })),
    onSuccess,
  })
}

/** Asks for the way into somebody else's notebook; the reason is kept where its owner sees it. */
export function useVisit() {
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string; reason: string; browser: string; path: string }) =>
      answered(api.POST('/api/v1/instances/{id}/open', { params: { path: { id } }, body })),
  })
}

/** How many instances are ended at the same time. */
const endsAtOnce = 4

/** Ends many instances, each by itself: one that is refused holds up no other. */
export function useEndMany() {
  const update = useInstanceUpdate()
  return useMutation({
    async mutationFn(instances: Instance[]) {
      const waiting = [...instances]
      const ended: Instance[] = []
      const refused: { instance: Instance; reason: unknown }[] = []
      const work = async (): Promise<void> => {
        const instance = waiting.shift()
        if (!instance) return
        try {
          update(await answered(api.DELETE('/api/v1/instances/{id}', { params: { path: { id: instance.id } } })))
          ended.push(instance)
        } catch (reason) {
          refused.push({ instance, reason })
        }
        await work()
      }
      await Promise.all(Array.from({ length: endsAtOnce }, work))
      return { ended, refused }
    },
  })
}

export function useGiveBackHost(how: 'retire' | 'release') {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => {
      const params = { params: { path: { id } } }
      return answered(how === 'retire' ? api.POST('/api/v1/hosts/{id}/retire', params) : api.POST('/api/v1/hosts/{id}/release', params))
    },
    onSuccess: (next) => client.setQueryData<Host[]>(keys.hosts, (list) => list && withHost(list, next)),
  })
}

/** Releases what is in no record; it goes on as a host that is removed. */
export function useReleaseStray() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id }: Stray) => answered(api.DELETE('/api/v1/pool/strays/{id}', { params: { path: { id } } })),
    onSuccess: (next) => {
      client.setQueryData<Host[]>(keys.hosts, (list) => list && withHost(list, next))
      client.setQueryData<PoolStatus>(keys.pool, (pool) => pool && { ...pool, strays: pool.strays.filter(({ host_id }) => host_id !== next.id) })
    },
    // It may be gone, or a record's by now.
    onError: () => client.invalidateQueries({ queryKey: keys.pool }),
  })
}

export function useRetryActor() {
  const onSuccess = usePoolUpdate()
  return useMutation({ mutationFn: (id: string) => answered(api.POST('/api/v1/pool/set-aside/{id}/retry', { params: { path: { id } } })), onSuccess })
}

function usePoolUpdate() {
  const client = useQueryClient()
  return (next: PoolStatus) => client.setQueryData<PoolStatus>(keys.pool, next)
}

/** Begins shutdown mode, or changes its deadline: a span from now, "now" or "none". */
export function useDrainPool() {
  const onSuccess = usePoolUpdate()
  return useMutation({ mutationFn: (deadline: string) => answered(api.POST('/api/v1/pool/drain', { body: { deadline } })), onSuccess })
}

export function useResumePool() {
  const onSuccess = usePoolUpdate()
  return useMutation({ mutationFn: () => answered(api.DELETE('/api/v1/pool/drain')), onSuccess })
}

function useBlueprintUpdate() {
  const client = useQueryClient()
  return (next: Blueprint | Gone) =>
    client.setQueryData<Blueprint[]>(keys.blueprints, (list) => list && withBlueprint(list, next))
}

export function useSaveBlueprint() {
  const onSuccess = useBlueprintUpdate()
  return useMutation({
    mutationFn: ({ known, draft }: { known?: Blueprint; draft: BlueprintDraft }) =>
      known
        ? answered(api.PUT('/api/v1/blueprints/{id}', { params: { path: { id: known.id } }, headers: ifMatch(known.version), body: draft }))
        : answered(api.POST('/api/v1/blueprints', { body: draft })),
    onSuccess,
  })
}

export function useSwitchBlueprint() {
  const onSuccess = useBlueprintUpdate()
  return useMutation({
    mutationFn: ({ id, on }: { id: string; on: boolean }) => {
      const params = { params: { path: { id } } }
      return answered(on ? api.POST('/api/v1/blueprints/{id}/activate', params) : api.POST('/api/v1/blueprints/{id}/deactivate', params))
    },
    onSuccess,
  })
}

export function useDeleteBlueprint() {
  const update = useBlueprintUpdate()
  return useMutation({
    mutationFn: ({ id, version }: Blueprint) =>
      answered(api.DELETE('/api/v1/blueprints/{id}', { params: { path: { id } }, headers: ifMatch(version) })),
    onSuccess: (_, { id }) => update({ deleted: true, id }),
  })
}

function useAnnouncementUpdate() {
  const client = useQueryClient()
  return (next: Announcement | Gone) => {
    for (const key of [keys.announcements, keys.everyAnnouncement]) client.setQueryData<Announcement[]>(key, (list) => list && withAnnouncement(list, next))
  }
}

export function useSaveAnnouncement() {
  const client = useQueryClient()
  const onSuccess = useAnnouncementUpdate()
  return useMutation({
    mutationFn: ({ known, draft }: { known: Announcement | undefined; draft: AnnouncementDraft }) =>
      known
        ? answered(api.PUT('/api/v1/announcements/{id}', { params: { path: { id: known.id } }, headers: ifMatch(known.version), body: draft }))
        : answered(api.POST('/api/v1/announcements', { body: draft })),
    onSuccess,
    // After an edit conflict the form must show what the other one wrote.
    onError: () => client.invalidateQueries({ queryKey: keys.everyAnnouncement }),
  })
}

export function useRemoveAnnouncement() {
  const update = useAnnouncementUpdate()
  return useMutation({
    mutationFn: ({ id, version }: Announcement) => answered(api.DELETE('/api/v1/announcements/{id}', { params: { path: { id } }, headers: ifMatch(version) })),
    onSuccess: (_, { id }) => update({ deleted: true, id }),
  })
}

export function useSetVariable() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ key, version, value }: { key: string; version: number; value: string }) =>
      answered(api.PUT('/api/v1/variables/{key}', { params: { path: { key } }, headers: ifMatch(version), body: { value } })),
    onSuccess: (next) => client.setQueryData<Variable[]>(keys.variables, (list) => list && withVariable(list, next)),
    // After an edit conflict the table must show what the other one wrote.
    onError: () => client.invalidateQueries({ queryKey: keys.variables }),
  })
}

/** The answer alone holds the secret; the list is read again without it. */
export function useCreateToken() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { name: string; expires_in: string }) => answered(api.POST('/api/v1/tokens', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  })
}

export function useRevokeToken() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  })
}

/** Pushes an image to one host, or to all; events tell how it goes on. */
export function usePushImage() {
  return useMutation({
    mutationFn: ({ id, hostID }: { id: string; hostID?: string }) =>
      answered(api.POST('/api/v1/images/{digest}/push', { params: { path: { digest: id } }, body: hostID ? { host_ids: [hostID] } : {} })),
  })
}

/** Removes the file of an image, or one that holds none. */
export function useRemoveImage() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, file, fault }: Image) => answered(api.DELETE('/api/v1/images/{digest}', { params: { path: { digest: fault ? file : id } } })),
    onSuccess: (_, { file }) => client.setQueryData<Image[]>(keys.images, (list) => list?.filter((image) => image.file !== file)),
  })
}

export function useStartPull() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ reference, platform }: { reference: string; platform: string }) =>
      answered(api.POST('/api/v1/image-pulls', { body: { reference, ...(platform && { platform }) } })),
    onSuccess: (next) => client.setQueryData<Pull[]>(keys.pulls, (list) => list && withPull(list, next)),
  })
}

export function useCancelPull() {
  return useMutation({ mutationFn: (id: string) => answered(api.DELETE('/api/v1/image-pulls/{id}', { params: { path: { id } } })) })
}
