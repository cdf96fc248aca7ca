import { isLaunching, type Instance } from '../api/model'

/** Steps of a launch in their order; queueing is a state of its own, the others are stages of provisioning. */
export const steps = ['queueing', 'scheduled', 'image', 'creating', 'starting', 'probing'] as const

export type StepName = (typeof steps)[number]
export type StepState = 'done' | 'current' | 'waiting' | 'failed' | 'skipped'

export interface Step {
  name: StepName
  state: StepState
  /** How long it took, or has taken so far; null when that is not known. */
  seconds: number | null
}

const isStep = (name: string): name is StepName => (steps as readonly string[]).includes(name)

/** Seconds of each step that was left; one that was repeated counts together. */
function spent(instance: Instance): Map<StepName, number> {
  const times = new Map<StepName, number>()
  for (const { stage, seconds } of instance.passed) {
    if (isStep(stage)) times.set(stage, (times.get(stage) ?? 0) + seconds)
  }
  return times
}

/** The step that the launch is in, or ended in; null when all are done. */
function reached(instance: Instance): StepName | null {
  if (instance.state === 'queueing') return 'queueing'
  if (isLaunching(instance.state)) return isStep(instance.stage) ? instance.stage : 'scheduled'
  if (instance.started_at) return null
  return instance.passed.map(({ stage }) => stage).findLast(isStep) ?? 'queueing'
}

/** The launch as a list of steps with their times, at a moment of the server's clock (ms). */
export function stepsOf(instance: Instance, now: number): Step[] {
  const times = spent(instance)
  const at = reached(instance)
  const launching = isLaunching(instance.state)
  const position = at === null ? steps.length : steps.indexOf(at)
  return steps.map((name, index): Step => {
    const past = times.get(name) ?? null
    if (index < position) return { name, state: past === null ? 'skipped' : 'done', seconds: past }
    if (index > position) return { name, state: 'waiting', seconds: null }
    if (!launching) return { name, state: 'failed', seconds: past }
    const since = instance.stage_since ? Math.max(0, (now - Date.parse(instance.stage_since)) / 1000) : 0
    return { name, state: 'current', seconds: (past ?? 0) + since }
  })
}

/** Seconds from the click until the notebook answered; null before. */
export function launchSeconds(instance: Instance): number | null {
  if (!instance.started_at || !instance.created_at) return null
  return Math.max(0, (Date.parse(instance.started_at) - Date.parse(instance.created_at)) / 1000)
}
