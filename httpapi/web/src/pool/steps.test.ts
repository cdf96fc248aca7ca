import { describe, expect, test } from 'vitest'
import type { Host } from '../api/model'
import { stepsOf, waysToGiveBack } from './steps'

const since = '2030-01-01T12:00:00Z'
const now = Date.parse('2030-01-01T12:00:30Z')
const host = (over: Partial<Host>): Host => ({
  id: 'h1', name: 'pb_dd_1', state: 'active', stage: '', state_since: since, slots: 6, slots_used: 0, address: '', created_at: since,
  expires_at: null, engine_version: '', flavor: 'mini', steps: [], silent_since: null, images: [], disk: null, errors: 0, trouble: [],
  cloud: { server_id: '', security_group_id: '', volume_ids: [] }, ...over,
})
const brief = (over: Partial<Host>, at = now) => stepsOf(host(over), at).map(({ step, seconds, present }) => `${step} ${seconds}${present ? ' so far' : ''}`)

describe('the steps of a host', () => {
  test('that is only asked for', () => expect(brief({ state: 'requested' })).toEqual(['requested 30 so far']))
  test('that is built: the time of the present step runs', () => {
    const steps = [{ step: 'requested', seconds: 0.1 }]
    expect(brief({ state: 'building', steps })).toEqual(['requested 0.1', 'building 30 so far'])
    expect(brief({ state: 'building', steps }, now + 1000)).toEqual(['requested 0.1', 'building 31 so far'])
  })
  test('that is prepared: the step is the stage', () => expect(brief({ state: 'preparing', stage: 'images' })).toEqual(['images 30 so far']))
  test('that serves: nothing runs', () => expect(brief({ steps: [{ step: 'probe', seconds: 3 }] })).toEqual(['probe 3']))
  test('that came out of its preparation as a failure: nothing runs', () => expect(brief({ state: 'removing', steps: [{ step: 'building', seconds: 9 }] })).toEqual(['building 9']))
  test('of a browser whose clock is behind: no negative time', () => expect(brief({ state: 'building' }, now - 60_000)).toEqual(['building 0 so far']))
})

describe('how a host can be given back', () => {
  test.each<[string, Partial<Host>, string[]]>([
    ['one on its way holds nothing to wait for', { state: 'building' }, ['release']],
    ['one that is prepared neither', { state: 'preparing', stage: 'engine' }, ['release']],
    ['one that serves can be let run empty', { state: 'active' }, ['retire', 'release']],
    ['one with errors might come back, and is kept from that', { state: 'inactive', stage: 'errors' }, ['retire', 'release']],
    ['one that is retiring can be hurried', { state: 'inactive', stage: 'retiring' }, ['release']],
    ['one that is lost has nothing left to wait for', { state: 'inactive', stage: 'lost' }, ['release']],
    ['one whose release is stuck can be tried again', { state: 'stuck' }, ['again']],
    ['one that goes already', { state: 'removing' }, []],
    ['one that is gone', { state: 'removed' }, []],
  ])('%s', (_, over, ways) => expect(waysToGiveBack(host(over))).toEqual(ways))
})
