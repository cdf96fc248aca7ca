import { Text } from '@mantine/core'
import type { Host } from '../api/model'
import { t } from '../i18n'
import { serverNow } from '../time/clock'
import { elapsed } from '../time/duration'
import classes from './Pool.module.css'

const onItsWay = new Set(['requested', 'building', 'preparing'])

/** The way to active: what each step took, and how long the present one takes so far. */
export function HostSteps({ host }: { host: Host }) {
  const steps = host.steps.map((passed) => ({ ...passed, present: false }))
  if (onItsWay.has(host.state) && host.state_since) {
    const step = host.state === 'preparing' ? host.stage : host.state
    steps.push({ step, seconds: (serverNow() - Date.parse(host.state_since)) / 1000, present: true })
  }
  if (steps.length === 0) return null
  return (
    <ol className={classes['steps']} aria-label={t.pool.steps}>
      {steps.map(({ step, seconds, present }) => (
        <Text component="li" size="xs" key={step} data-present={present || undefined}>
          {t.pool.step[step] ?? step} <span className="numbers">{elapsed(seconds)}</span>
        </Text>
      ))}
    </ol>
  )
}
