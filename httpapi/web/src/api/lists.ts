import type { Announcement, Blueprint, Host, Image, Instance, Pull, Push, Variable } from './model'

/** What an event says of something that is gone, or no longer to be seen. */
export interface Gone {
  deleted: true
  id: string
}

export const isGone = (data: object): data is Gone => 'deleted' in data && data.deleted === true

function replaced<T>(list: T[], same: (item: T) => boolean, next: T): T[] {
  const at = list.findIndex(same)
  return at < 0 ? [...list, next] : list.with(at, next)
}

/**
 * Which of two readings of one instance is the later one. Answers and events
 * overtake each other; the time of the last step tells them apart.
 */
export function laterInstance(known: Instance | undefined, next: Instance): Instance {
  if (!known) return next
  return Date.parse(next.stage_since ?? '') < Date.parse(known.stage_since ?? '') ? known : next
}

export function withInstance(list: Instance[], next: Instance): Instance[] {
  const known = list.find((item) => item.id === next.id)
  return replaced(list, (item) => item.id === next.id, laterInstance(known, next))
}

/** A list as just read, in which what events told meanwhile is not undone. */
export function readInstances(known: Instance[] | undefined, read: Instance[]): Instance[] {
  return read.map((item) => laterInstance(known?.find((old) => old.id === item.id), item))
}

export function withBlueprint(list: Blueprint[], next: Blueprint | Gone): Blueprint[] {
  if (isGone(next)) return list.filter((item) => item.id !== next.id)
  const known = list.find((item) => item.id === next.id)
  if (known && known.version > next.version) return list
  return replaced(list, (item) => item.id === next.id, next)
}

export function withAnnouncement(list: Announcement[], next: Announcement | Gone): Announcement[] {
  if (isGone(next)) return list.filter((item) => item.id !== next.id)
  const known = list.find((item) => item.id === next.id)
  if (known && known.version > next.version) return list
  return replaced(list, (item) => item.id === next.id, next)
}

export function withHost(list: Host[], next: Host | Gone): Host[] {
  if (isGone(next)) return list.filter((item) => item.id !== next.id)
  return replaced(list, (item) => item.id === next.id, next)
}

export function withVariable(list: Variable[], next: Variable): Variable[] {
  return list.map((item) => (item.key === next.key && item.version <= next.version ? next : item))
}

/** The images, with how far one is on its way to one host. */
export function withPush(list: Image[], push: Push): Image[] {
  return list.map((image) => {
    if (image.id !== push.image_id) return image
    const state = push.state === 'done' ? 'present' : push.state
    const { host_id, sent, total, skipped, eta_seconds, failure } = push
    const place = { host_id, state, sent, total, skipped, eta_seconds, failure } as const
    return { ...image, hosts: replaced(image.hosts, (host) => host.host_id === push.host_id, place) }
  })
}

/** Most pulls that the server tells of. */
const maxPulls = 20

/** The pulls, newest first, with how far one is; one that has ended goes no further. */
export function withPull(list: Pull[], next: Pull): Pull[] {
  const known = list.find(({ id }) => id === next.id)
  if (!known) return [next, ...list].slice(0, maxPulls)
  if (known.state !== 'pulling' && next.state === 'pulling') return list
  return list.map((pull) => (pull.id === next.id ? next : pull))
}
