import { describe, expect, test } from 'vitest'
import type { Instance } from '../api/model'
import { launchSeconds, stepsOf } from './stages'

const start = Date.parse('2030-01-01T12:00:00Z')
const instance = (over: Partial<Instance>): Instance => ({
  id: 'i1', name: 'pb-otter', state: 'queueing', stage: '', stage_since: '2030-01-01T12:00:00Z', passed: [],
  blueprint_id: 'b1', blueprint_name: 'Demo', user_id: 'u1', user: '', host_id: 'h1', image: 'demo', image_id: 'sha256:a',
  url: '', created_at: '2030-01-01T12:00:00Z', started_at: null, expires_at: null, extendable_until: null, last_used_at: null, idle_ends_at: null, visits: [], test: false, ended_at: null,
  end_reason: '', failure: null, queue: null, image_progress: null, launch_estimate: null, memory_limit: 1, slots: 1, ...over,
})
const brief = (i: Instance, now = start) => stepsOf(i, now).map(({ state, seconds }) => (seconds === null ? state : `${state} ${seconds}`))

describe('the steps of a launch', () => {
  test('that queues: its waiting time runs', () => {
    expect(brief(instance({}), start + 3000)).toEqual(['current 3', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting'])
  })
  test('that is under way: past steps keep their time, those it did not need have none', () => {
    const i = instance({
      state: 'provisioning', stage: 'creating', stage_since: '2030-01-01T12:00:04Z',
      passed: [{ stage: 'queueing', seconds: 1 }, { stage: 'image', seconds: 3 }],
    })
    expect(brief(i, start + 4500)).toEqual(['done 1', 'skipped', 'done 3', 'current 0.5', 'waiting', 'waiting'])
  })
  test('that was sent back to the queue: repeated steps count together', () => {
    const i = instance({ passed: [{ stage: 'queueing', seconds: 2 }, { stage: 'scheduled', seconds: 1 }], stage_since: '2030-01-01T12:00:03Z' })
    expect(brief(i, start + 4000)[0]).toBe('current 3')
  })
  test('that is done', () => {
    const i = instance({ state: 'running', started_at: '2030-01-01T12:00:04Z', passed: [{ stage: 'queueing', seconds: 1 }, { stage: 'probing', seconds: 3 }] })
    expect(brief(i)).toEqual(['done 1', 'skipped', 'skipped', 'skipped', 'skipped', 'done 3'])
    expect(launchSeconds(i)).toBe(4)
  })
  test('that failed: says where', () => {
    const i = instance({ state: 'failed', passed: [{ stage: 'queueing', seconds: 1 }, { stage: 'scheduled', seconds: 0 }, { stage: 'image', seconds: 2 }] })
    expect(brief(i)).toEqual(['done 1', 'done 0', 'failed 2', 'waiting', 'waiting', 'waiting'])
  })
  test('of a notebook that failed after it ran: all were done', () => {
    const i = instance({ state: 'failed', started_at: '2030-01-01T12:00:04Z', passed: [{ stage: 'queueing', seconds: 1 }] })
    expect(brief(i)).not.toContain('failed')
    expect(brief(i)[0]).toBe('done 1')
  })
  test('with a browser clock that is late: no negative time', () => {
    expect(brief(instance({}), start - 60_000)[0]).toBe('current 0')
  })
})
