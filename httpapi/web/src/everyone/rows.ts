import type { Instance } from '../api/model'
import { isLive } from '../api/model'

export type Column = 'name' | 'environment' | 'user' | 'state' | 'host' | 'created' | 'ends'

export interface Order {
  by: Column
  down: boolean
}

export interface Choice {
  words: string
  /** Only what is there now: not what has ended. */
  live: boolean
}

/** What an instance shows in a column, as text; hosts by their names. */
export function cell(instance: Instance, column: Column, hosts: Map<string, string>): string {
  switch (column) {
    case 'name':
      return instance.name
    case 'environment':
      return instance.blueprint_name || instance.image
    case 'user':
      return instance.user || instance.user_id
    case 'state':
      return instance.state
    case 'host':
      return hosts.get(instance.host_id) ?? instance.host_id
    case 'created':
      return instance.created_at ?? ''
    case 'ends':
      return instance.expires_at ?? '' // RFC 3339 in UTC: their order as text is theirs as times
  }
}

const searched: Column[] = ['name', 'environment', 'user', 'host']

/** The instances that fit, in order. Each word must be somewhere in what is shown. */
export function rows(all: Instance[], hosts: Map<string, string>, choice: Choice, order: Order): Instance[] {
  const words = choice.words.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (instance: Instance) => {
    if (choice.live && !isLive(instance.state)) return false
    const text = searched.map((column) => cell(instance, column, hosts)).join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const sign = order.down ? -1 : 1
  return all.filter(fits).toSorted((a, b) => sign * compare(a, b, order.by, hosts) || a.id.localeCompare(b.id))
}

function compare(a: Instance, b: Instance, by: Column, hosts: Map<string, string>): number {
  const [x, y] = [cell(a, by, hosts), cell(b, by, hosts)]
  // What has no end comes after everything that has one.
  if (by === 'ends' && (x === '') !== (y === '')) return x === '' ? 1 : -1
  return x.localeCompare(y, undefined, { numeric: true })
}

/** Whether there is something of it that could be destroyed. */
export const canEnd = ({ state }: Instance): boolean => isLive(state) && state !== 'deleting'
