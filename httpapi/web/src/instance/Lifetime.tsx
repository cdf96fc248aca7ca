import { RingProgress, Text } from '@mantine/core'
import type { Instance } from '../api/model'
import { locale, t } from '../i18n'
import { useNow } from '../time/clock'
import { clockTime, fractionLeft, fullTime, left, secondsUntil } from '../time/duration'
import classes from './Instance.module.css'
import { idleEndsIn } from './idle'

/** Seconds before the end from which the time left is a warning, and an alarm. */
export const warnAt = 10 * 60
const alarmAt = 2 * 60

function colourOf(seconds: number): string {
  if (seconds <= alarmAt) return 'red.7'
  return seconds <= warnAt ? 'orange.7' : 'harbor.6'
}

/** How much of a running instance's lifetime is left, as a ring that empties. */
export function Lifetime({ instance }: { instance: Instance }) {
  const now = useNow()
  if (!instance.expires_at) return null
  const seconds = secondsUntil(instance.expires_at, now)
  const words = seconds > 0 ? left(seconds) : t.instance.over
  const part = fractionLeft(instance.started_at, instance.expires_at, now) * 100
  return (
    <div className={classes['ring']}>
      <RingProgress
        size={92}
        thickness={7}
        roundCaps
        role="progressbar"
        aria-label={t.instance.lifetimeOf(instance.name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part)}
        aria-valuetext={seconds > 0 ? t.instance.left(words) : words}
        sections={[{ value: part, color: colourOf(seconds) }]}
        label={<div className={`${classes['left']} numbers`}>{words}</div>}
      />
      <Text size="xs" c="dimmed" component="time" dateTime={instance.expires_at} title={fullTime(instance.expires_at, locale)}>
        {t.instance.until(clockTime(instance.expires_at, now, locale))}
      </Text>
    </div>
  )
}

/** What to say shortly before the end, of its lifetime or for want of use; nothing before. */
export function EndsSoon({ instance }: { instance: Instance }) {
  const now = useNow()
  const seconds = instance.expires_at ? secondsUntil(instance.expires_at, now) : Infinity
  const idle = idleEndsIn(instance, now, warnAt) ?? Infinity
  const first = Math.min(seconds, idle)
  if (first > warnAt || first <= 0) return null
  return (
    <Text size="sm" fw={550} c={first <= alarmAt ? 'var(--mantine-color-error)' : undefined} className="numbers">
      {seconds <= idle ? t.instance.endsSoon(left(seconds)) : t.instance.endsIdle(left(idle))}
    </Text>
  )
}
