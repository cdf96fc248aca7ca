import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Host } from '../api/model'
import { imagesQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { bytes } from '../size/bytes'
import { useNow } from '../time/clock'
import { clockTime, fullTime, left, secondsUntil, span } from '../time/duration'
import classes from './Pool.module.css'

const minute = 60
/** The part of a disk under which its room is scarce. */
const scarce = 0.1

/** What is known of a host's machine, its age and the lifetime it has left. */
export function HostFacts({ host }: { host: Host }) {
  const now = useNow()
  return (
    <dl className={classes['about']}>
      <Fact name={t.pool.flavor}>{host.flavor}</Fact>
      <Fact name={t.pool.address}>{host.address}</Fact>
      <Fact name={t.pool.engine}>{host.engine_version}</Fact>
      <Fact name={t.pool.age}>{host.created_at && <Moment time={host.created_at} words={age(host.created_at, now)} />}</Fact>
      <Fact name={t.pool.lifetime}>{lifetime(host, now)}</Fact>
      <Fact name={t.pool.disk}>{host.disk && host.disk.total > 0 && <Disk disk={host.disk} />}</Fact>
      <Fact name={t.queue.images}>
        <ImagesThere host={host} />
      </Fact>
      <Fact name={t.pool.silence}>{host.silent_since && <Moment time={host.silent_since} words={t.pool.since(clockTime(host.silent_since, now, locale))} />}</Fact>
    </dl>
  )
}

/** One of them; nothing while it is not known. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" className="numbers">
        {children}
      </Text>
    </div>
  )
}

function Moment({ time, words }: { time: string; words: string }) {
  return (
    <time dateTime={time} title={fullTime(time, locale)}>
      {words}
    </time>
  )
}

/** How many of the images in the directory it has; which ones, the Images page says. */
function ImagesThere({ host }: { host: Host }) {
  const { data: images } = useQuery(imagesQuery)
  const usable = images?.filter(({ fault }) => fault === '') ?? []
  if (usable.length === 0) return null
  const there = new Set(host.images)
  return (
    <Anchor component={Link} to="/images" size="sm" underline="always">
      {t.queue.present(usable.filter(({ id }) => there.has(id)).length, usable.length)}
    </Anchor>
  )
}

/** The room that its engine has for images and containers. */
function Disk({ disk: { total, free, at } }: { disk: NonNullable<Host['disk']> }) {
  const words = t.pool.diskFree(bytes(free), bytes(total))
  const used = Math.max(0, total - free)
  return (
    <span title={at ? t.pool.diskAt(fullTime(at, locale)) : undefined}>
      {words}
      <span className={classes['disk']} role="meter" aria-label={t.pool.disk} aria-valuemin={0} aria-valuemax={total} aria-valuenow={used} aria-valuetext={words}>
        <span style={{ width: `${(used / total) * 100}%` }} data-full={free < total * scarce || undefined} />
      </span>
    </span>
  )
}

/** Seconds count while there are few of them; later they only distract. */
function age(createdAt: string, now: number): string {
  const seconds = Math.max(0, -secondsUntil(createdAt, now))
  return span(seconds < minute ? seconds : seconds - (seconds % minute))
}

function lifetime(host: Host, now: number): ReactNode {
  if (!host.flavor) return null // a machine that was there before us has none
  if (!host.expires_at) return host.state === 'active' ? t.pool.noClock : null
  const seconds = secondsUntil(host.expires_at, now)
  return <Moment time={host.expires_at} words={seconds > 0 ? t.pool.left(left(seconds)) : t.pool.over} />
}
