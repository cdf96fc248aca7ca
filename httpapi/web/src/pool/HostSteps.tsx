import { Text } from '@mantine/core'
import type { Host } from '../api/model'
import { t } from '../i18n'
import { serverNow, useNow } from '../time/clock'
import { elapsed } from '../time/duration'
import classes from './Pool.module.css'
import { isOnItsWay, stepsOf, type HostStep } from './steps'

/** The way to active: what each step took, and how long the present one takes so far. */
export function HostSteps({ host }: { host: Host }) {
  return isOnItsWay(host) ? <RunningSteps host={host} /> : <StepList steps={stepsOf(host, serverNow())} />
}

function RunningSteps({ host }: { host: Host }) {
  return <StepList steps={stepsOf(host, useNow())} />
}

function StepList({ steps }: { steps: HostStep[] }) {
  if (steps.length === 0) return null
  return (
    <ol className={classes['steps']} aria-label={t.pool.steps}>
      {steps.map(({ step, seconds, present }) => (
        <Text component="li" size="xs" key={step} aria-current={present ? 'step' : undefined}>
          {t.pool.step[step] ?? step} <span className="numbers">{elapsed(present ? Math.floor(seconds) : seconds)}</span>
        </Text>
      ))}
    </ol>
  )
}
