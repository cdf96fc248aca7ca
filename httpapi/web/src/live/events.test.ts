import { QueryClient } from '@tanstack/react-query'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Announcement, Blueprint, Image, Instance, PoolStatus, Pull, Variable } from '../api/model'
import { keys } from '../api/keys'
import { applyEvent } from './events'

const instance = (over: Partial<Instance>): Instance => ({
  id: 'i1', name: 'pb-otter', state: 'provisioning', stage: 'image', stage_since: '2030-01-01T12:00:05Z', passed: [],
  blueprint_id: 'b1', blueprint_name: 'Demo', user_id: 'u1', user: '', host_id: 'h1', image: 'demo', image_id: 'sha256:a',
  url: 'https://x.localhost:8443/', created_at: '2030-01-01T12:00:00Z', started_at: null, expires_at: null, extendable_until: null, last_used_at: null, idle_ends_at: null, visits: [], test: false, ended_at: null,
  end_reason: '', failure: null, queue: null, image_progress: null, launch_estimate: null, memory_limit: 1, slots: 1, ...over,
})

const blueprint = (over: Partial<Blueprint>): Blueprint => ({
  id: 'b1', name: 'Demo', description: '', plugin: 'DockerDriver', is_enabled: true,
  config: {
    docker_image: 'demo', internal_port: 1, launch_command: '', environment_vars: '', memory_limit: '512m', cpu_limit: 1, pids_limit: 512,
    capabilities: [], consumed_slots: 1, maximum_instances_per_user: 1, maximum_lifetime: '1h 0m', maximum_extension: '', maximum_idle_time: '', cost_multiplier: 0, show_password: false,
    proxy_options: { set_host_header: false, bypass_token_authentication: false, rewrite_path: false, request_headers: '', idle_paths: '' },
  },
  version: 2, created_at: null, updated_at: null, ...over,
})

let client: QueryClient
const instances = () => client.getQueryData<Instance[]>(keys.instances)

beforeEach(() => {
  client = new QueryClient()
  client.setQueryData(keys.me, { id: 'u1', email: 'a@b', name: 'A', role: 'admin' })
  client.setQueryData(keys.instances, [instance({})])
})

describe('the pool', () => {
  const pool = (deadline: string | null) =>
    ({ state: 'draining', drain: { since: '2030-01-01T12:00:00Z', deadline, hosts_left: 1, instances_left: 1, waits_for: [] } }) as unknown as PoolStatus
  test('whose shutdown gets a deadline changes when notebooks end', () => {
    client.setQueryData(keys.pool, pool(null))
    expect(applyEvent(client, 'pool', pool('2030-01-01T16:00:00Z'))).toEqual([keys.instances, keys.everyInstance])
    expect(applyEvent(client, 'pool', pool('2030-01-01T16:00:00Z'))).toEqual([])
  })
})

describe('an instance', () => {
  test('moves on', () => {
    applyEvent(client, 'instance', instance({ state: 'running', stage: '', stage_since: '2030-01-01T12:00:09Z' }))
    expect(instances()?.map((i) => i.state)).toEqual(['running'])
  })
  test('does not move back when an old answer comes late', () => {
    applyEvent(client, 'instance', instance({ state: 'queueing', stage: '', stage_since: '2030-01-01T12:00:01Z' }))
    expect(instances()?.map((i) => i.stage)).toEqual(['image'])
  })
  test('that is new is added', () => {
    applyEvent(client, 'instance', instance({ id: 'i2' }))
    expect(instances()?.map((i) => i.id)).toEqual(['i1', 'i2'])
  })
  test('of somebody else stays out of an administrator’s own list', () => {
    applyEvent(client, 'instance', instance({ id: 'i3', user_id: 'u2' }))
    expect(instances()).toHaveLength(1)
  })
  test('of somebody else moves on where an administrator looks at it', () => {
    client.setQueryData(keys.instance('i3'), instance({ id: 'i3', user_id: 'u2' }))
    applyEvent(client, 'instance', instance({ id: 'i3', user_id: 'u2', state: 'running', stage_since: '2030-01-01T12:01:00Z' }))
    expect(client.getQueryData<Instance>(keys.instance('i3'))?.state).toBe('running')
  })
  test('before the list was read leaves the list unread', () => {
    client.removeQueries({ queryKey: keys.instances })
    applyEvent(client, 'instance', instance({}))
    expect(instances()).toBeUndefined()
  })
  test('changes what hosts, pool and images say', () => {
    expect(applyEvent(client, 'instance', instance({}))).toEqual([keys.hosts, keys.pool, keys.images])
  })
})

describe('a blueprint', () => {
  const names = () => client.getQueryData<Blueprint[]>(keys.blueprints)?.map((b) => b.name)
  beforeEach(() => client.setQueryData(keys.blueprints, [blueprint({})]))

  test('is replaced by its next version', () => {
    applyEvent(client, 'blueprint', blueprint({ name: 'Next', version: 3 }))
    expect(names()).toEqual(['Next'])
  })
  test('is not replaced by an earlier version', () => {
    applyEvent(client, 'blueprint', blueprint({ name: 'Old', version: 1 }))
    expect(names()).toEqual(['Demo'])
  })
  test('that is gone disappears', () => {
    applyEvent(client, 'blueprint', { deleted: true, id: 'b1' })
    expect(names()).toEqual([])
  })
})

describe('an announcement', () => {
  const announcement = (over: Partial<Announcement>): Announcement => ({
    id: 'a1', text: 'Break at noon.', level: 'info', from: '2030-01-01T12:00:00Z', until: null, version: 2, created_at: null, created_by: '', updated_at: null, updated_by: '', ...over,
  })
  const texts = () => [keys.announcements, keys.everyAnnouncement].map((key) => client.getQueryData<Announcement[]>(key)?.map(({ text }) => text))
  beforeEach(() => {
    client.setQueryData(keys.announcements, [announcement({})])
    client.setQueryData(keys.everyAnnouncement, [announcement({})])
  })

  test('that is new is told everywhere', () => {
    applyEvent(client, 'announcement', announcement({ id: 'a2', text: 'New.' }))
    expect(texts()).toEqual([['Break at noon.', 'New.'], ['Break at noon.', 'New.']])
  })
  test('is replaced by its next version, not by an earlier one', () => {
    applyEvent(client, 'announcement', announcement({ text: 'Next.', version: 3 }))
    applyEvent(client, 'announcement', announcement({ text: 'Old.', version: 1 }))
    expect(texts()).toEqual([['Next.'], ['Next.']])
  })
  test('is read again after an answer that was under way, and undid it', async () => {
    let answer: (list: Announcement[]) => void = () => undefined
    const reading = client.fetchQuery({ queryKey: keys.announcements, queryFn: () => new Promise<Announcement[]>((resolve) => (answer = resolve)), retry: false })
    applyEvent(client, 'announcement', announcement({ id: 'a2', text: 'New.' }))
    expect(texts()[0]).toEqual(['Break at noon.', 'New.'])
    answer([announcement({})])
    await reading
    expect(texts()[0]).toEqual(['Break at noon.'])
    await vi.waitFor(() => expect(client.getQueryState(keys.announcements)?.isInvalidated).toBe(true))
    expect(client.getQueryState(keys.everyAnnouncement)?.isInvalidated, 'nobody was reading that').toBe(false)
  })
  test('that is gone disappears', () => {
    applyEvent(client, 'announcement', { deleted: true, id: 'a1' })
    expect(texts()).toEqual([[], []])
  })
})

test('a variable is replaced by key', () => {
  const variable: Variable = { key: 'DD_MAX_HOSTS', value: '4', type: 'int', group: 'Pool', default: '4', meaning: '', version: 0, updated_at: null, updated_by: '' }
  client.setQueryData(keys.variables, [variable])
  applyEvent(client, 'variable', { ...variable, value: '5', version: 1 })
  expect(client.getQueryData<Variable[]>(keys.variables)?.[0]?.value).toBe('5')
})

describe('an image on its way to a host', () => {
  const image: Image = { id: 'sha256:a', tags: [], file: 'a.img', size: 9, unpacked: 9, platform: '', layers: 1, running: 0, outdated: [], created: null, changed: null, fault: '', ports: [], used_by: [], hosts: [] }
  const places = () => client.getQueryData<Image[]>(keys.images)?.[0]?.hosts
  beforeEach(() => client.setQueryData(keys.images, [image]))

  test('says how far it is', () => {
    applyEvent(client, 'push', { host_id: 'h1', image_id: 'sha256:a', state: 'sending', sent: 3, total: 9, skipped: 0, eta_seconds: null, failure: '' })
    applyEvent(client, 'push', { host_id: 'h1', image_id: 'sha256:a', state: 'sending', sent: 6, total: 9, skipped: 3, eta_seconds: 2, failure: '' })
    expect(places()).toEqual([{ host_id: 'h1', state: 'sending', sent: 6, total: 9, skipped: 3, eta_seconds: 2, failure: '' }])
  })
  test('is there when it is done', () => {
    applyEvent(client, 'push', { host_id: 'h1', image_id: 'sha256:a', state: 'done', sent: 9, total: 9, skipped: 0, eta_seconds: null, failure: '' })
    expect(places()?.[0]?.state).toBe('present')
  })
})

describe('a pull', () => {
  const pull = (over: Partial<Pull>): Pull => ({ id: 'p1', reference: 'demo', platform: '', state: 'pulling', got: 1, total: 9, file: '', failure: '', started_at: null, ended_at: null, ...over })
  const known = () => client.getQueryData<Pull[]>(keys.pulls)?.map(({ id, state, got }) => `${id} ${state} ${got}`)
  beforeEach(() => client.setQueryData(keys.pulls, [pull({})]))

  test('goes on', () => {
    applyEvent(client, 'pull', pull({ got: 5 }))
    expect(known()).toEqual(['p1 pulling 5'])
  })
  test('that is new comes first', () => {
    applyEvent(client, 'pull', pull({ id: 'p2' }))
    expect(known()).toEqual(['p2 pulling 1', 'p1 pulling 1'])
  })
  test('that has ended does not go on when its beginning is answered late', () => {
    applyEvent(client, 'pull', pull({ state: 'done', got: 9 }))
    applyEvent(client, 'pull', pull({ got: 0 }))
    expect(known()).toEqual(['p1 done 9'])
  })
})

test('after missed events everything is read again', () => {
  expect(applyEvent(client, 'resync', {})).toEqual([[]])
})
