import { Container, Group, Text } from '@mantine/core'
import { IconPower } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Drain, Instance, Me } from '../api/model'
import { instancesQuery, poolQuery } from '../api/queries'
import { Waits } from '../drain/Waits'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Notice.module.css'

/**
 * Tells everybody that the service is in shutdown mode and when their notebooks
 * end, and administrators what it waits for.
 */
export function PoolBanner({ me }: { me: Me }) {
  const { data: pool } = useQuery(poolQuery)
  if (!pool || pool.state === 'running') return null
  const drained = pool.state === 'drained'
  const isAdmin = me.role === 'admin'
  return (
    <div className={classes['banner']} role="status">
      <Container size="lg" py="xs">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <IconPower size={20} aria-hidden />
          <div>
            <Text size="sm" fw={650}>
              {drained ? t.banner.drained : t.banner.draining}
            </Text>
            <Text size="sm">
              {drained ? t.banner.drainedWords : t.banner.words}{' '}
              {pool.since && <span title={fullTime(pool.since, locale)}>{t.banner.since(clockTime(pool.since, serverNow(), locale))}</span>}
            </Text>
            {!drained && <Ends deadline={pool.drain?.deadline ?? null} />}
            {isAdmin && !drained && pool.drain && <Left drain={pool.drain} />}
            {isAdmin && <Text size="sm">{t.banner.admin}</Text>}
          </div>
        </Group>
      </Container>
    </div>
  )
}

/** When the reader's own notebooks end. */
function Ends({ deadline }: { deadline: string | null }) {
  const { data: mine = [] } = useQuery(instancesQuery)
  const running = mine.filter(({ state }) => state === 'running')
  return (
    <>
      {running.map((instance) => (
        <Text key={instance.id} size="sm" fw={550}>
          {endOf(instance)}
        </Text>
      ))}
      {deadline && <Text size="sm">{t.banner.deadline(clockTime(deadline, serverNow(), locale))}</Text>}
    </>
  )
}

function endOf({ blueprint_name, name, expires_at }: Instance): string {
  const called = blueprint_name ? `${blueprint_name} (${name})` : name
  return expires_at ? t.banner.ends(called, clockTime(expires_at, serverNow(), locale)) : t.banner.endless(called)
}

/** What is left, and what is waited for. */
function Left({ drain }: { drain: Drain }) {
  if (drain.waits_for.length === 0) return null
  return (
    <>
      <Text size="sm">{t.drain.waitsFor(drain.hosts_left, drain.instances_left)}</Text>
      <details>
        <Text component="summary" size="sm">
          {t.drain.details}
        </Text>
        <Waits drain={drain} />
      </details>
    </>
  )
}
