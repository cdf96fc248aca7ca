import type { Host } from '../api/model'

/** One step on a host's way to active, and the seconds it took, or takes so far. */
export interface HostStep {
  step: string
  seconds: number
  present: boolean
}

const onItsWay = new Set<Host['state']>(['requested', 'building', 'preparing'])

/** Whether a host is still to become active, and one of its steps runs. */
export const isOnItsWay = (host: Host): boolean => onItsWay.has(host.state)

/** The steps that are behind a host, and the one it is in at a time (milliseconds). */
export function stepsOf(host: Host, now: number): HostStep[] {
  const steps = host.steps.map(({ step, seconds }) => ({ step, seconds, present: false }))
  if (!isOnItsWay(host) || !host.state_since) return steps
  const step = host.state === 'preparing' ? host.stage : host.state
  return [...steps, { step, seconds: Math.max(0, (now - Date.parse(host.state_since)) / 1000), present: true }]
}

/** What an administrator can ask of a host by hand. */
export type GiveBack = 'retire' | 'release' | 'again'

/**
 * The ways in which a host can be given back. Only one that serves can be let
 * run empty; one that is on its way holds nothing, and goes at once.
 */
export function waysToGiveBack(host: Host): GiveBack[] {
  switch (host.state) {
    case 'requested':
    case 'building':
    case 'preparing':
      return ['release']
    case 'active':
      return ['retire', 'release']
    case 'inactive':
      return host.stage === 'retiring' || host.stage === 'lost' ? ['release'] : ['retire', 'release']
    case 'stuck':
      return ['again']
    default:
      return []
  }
}
