import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { withAnnouncement, withBlueprint, withHost, withInstance, withPull, withPush, withVariable, laterInstance, isGone, type Gone } from '../api/lists'
import type { Announcement, Blueprint, Host, Image, Instance, Me, PoolStatus, Pull, Push, Variable } from '../api/model'
import { keys } from '../api/keys'
import { readAfter } from './readAnew'

/** What the server tells on its stream, by event name. */
export interface Events {
  instance: Instance
  host: Host | Gone
  blueprint: Blueprint | Gone
  variable: Variable
  images: { items: Image[] }
  push: Push
  pull: Pull
  pool: PoolStatus
  announcement: Announcement | Gone
  resync: object
}

export const eventNames = ['instance', 'host', 'blueprint', 'variable', 'images', 'push', 'pull', 'pool', 'announcement', 'resync'] as const satisfies (keyof Events)[]

function update<T>(client: QueryClient, key: QueryKey, how: (known: T) => T): void {
  client.setQueryData<T>(key, (known) => (known === undefined ? undefined : how(known)))
  readAfter(client, key)
}

function applyInstance(client: QueryClient, next: Instance): void {
  update<Instance>(client, keys.instance(next.id), (known) => laterInstance(known, next))
  update<Instance[]>(client, keys.everyInstance, (list) => withInstance(list, next))
  // An administrator hears of everybody's instances; the list holds their own.
  if (client.getQueryData<Me>(keys.me)?.id === next.user_id) {
    update<Instance[]>(client, keys.instances, (list) => withInstance(list, next))
  }
}

const announcementKeys: QueryKey[] = [keys.announcements, keys.everyAnnouncement]

/**
 * Writes one event into the cache and returns the keys of what has changed with
 * it without being told: to be read again, soon but not at every event.
 */
export function applyEvent<K extends keyof Events>(client: QueryClient, name: K, data: Events[K]): QueryKey[] {
  switch (name) {
    case 'instance':
      applyInstance(client, data as Instance)
      return [keys.hosts, keys.pool, keys.images]
    case 'host':
      update<Host[]>(client, keys.hosts, (list) => withHost(list, data as Host | Gone))
      return [keys.pool, keys.images]
    case 'blueprint':
      update<Blueprint[]>(client, keys.blueprints, (list) => withBlueprint(list, data as Blueprint | Gone))
      return isGone(data) ? [keys.images, keys.instances] : [keys.images]
    case 'variable':
      update<Variable[]>(client, keys.variables, (list) => withVariable(list, data as Variable))
      return [keys.plugins, keys.pool]
    case 'images':
      update<Image[]>(client, keys.images, () => (data as Events['images']).items)
      return [keys.plugins]
    case 'push':
      update<Image[]>(client, keys.images, (list) => withPush(list, data as Push))
      return []
    case 'pull':
      update<Pull[]>(client, keys.pulls, (list) => withPull(list, data as Pull))
      return []
    case 'announcement':
      for (const key of announcementKeys) update<Announcement[]>(client, key, (list) => withAnnouncement(list, data as Announcement | Gone))
      return []
    case 'pool': {
      const deadline = client.getQueryData<PoolStatus>(keys.pool)?.drain?.deadline
      update<PoolStatus>(client, keys.pool, () => data as PoolStatus)
      // A shutdown's deadline is the end of every notebook that would run longer.
      return (data as PoolStatus).drain?.deadline === deadline ? [] : [keys.instances, keys.everyInstance]
    }
    default:
      return [[]] // the empty key is everything's beginning
  }
}
