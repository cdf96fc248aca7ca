import { Anchor, Card, Group, Skeleton, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Link } from 'react-router'
import type { PoolStatus } from '../api/model'
import { hostsQuery, imagesQuery, poolQuery } from '../api/queries'
import { DrainSection } from '../drain/DrainSection'
import { locale, t } from '../i18n'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import { Headroom } from './Headroom'
import { HostCard } from './HostCard'
import classes from './Pool.module.css'
import { Queue } from './Queue'
import { SetAside } from './SetAside'
import { Strays } from './Strays'

// The library that draws is as large as all of this page.
const Charts = lazy(() => import('../charts/Charts'))

/** The pool as its operators see it. */
export default function PoolPage() {
  return (
    <Stack gap="lg">
      <PageTitle>{t.pool.title}</PageTitle>
      <Stack gap={40}>
        <Status />
        <Hosts />
        <Running />
        <div className={classes['charts']}>
          <Suspense fallback={null}>
            <Charts />
          </Suspense>
        </div>
        <Images />
      </Stack>
    </Stack>
  )
}

function Status() {
  const { data: pool, error, refetch } = useQuery(poolQuery)
  if (error) return <RefusalAlert error={error} onRetry={() => void refetch()} />
  if (!pool) return <Skeleton h={90} />
  const facts = [t.pool.states[pool.state], t.pool.slots(pool.slots_used, pool.slots), t.pool.free(pool.slots_free), t.pool.queueLength(pool.queue.length)]
  return (
    <Stack gap="lg">
      <Card>
        <Group gap="xl" component="ul" className={classes['facts'] ?? ''}>
          {facts.map((fact) => (
            <Text component="li" key={fact} fw={550} className="numbers">
              {fact}
            </Text>
          ))}
        </Group>
        <Text size="xs" c="dimmed" mt="xs">
          {t.pool.version(pool.version)}
        </Text>
      </Card>
      <Headroom pool={pool} />
      <Queue queue={pool.queue} />
      <Strays strays={pool.strays} />
      {pool.set_aside.length > 0 && <SetAside pool={pool} />}
    </Stack>
  )
}

/** What is being done with the pool, by people and by itself. */
function Running() {
  const { data: pool } = useQuery(poolQuery)
  if (!pool) return null
  return (
    <Stack gap="lg">
      <DrainSection pool={pool} />
      {pool.decisions.length > 0 && <Decisions pool={pool} />}
    </Stack>
  )
}

/** Most decisions that are shown. */
const maxDecisions = 10

function Decisions({ pool }: { pool: PoolStatus }) {
  const now = serverNow()
  return (
    <section aria-labelledby="decisions">
      <Title order={2} id="decisions" mb="xs">
        {t.pool.decisions}
      </Title>
      <ul className={classes['list']}>
        {pool.decisions.slice(-maxDecisions).toReversed().map(({ at, action, subject, because }) => (
          <li key={at + action + subject}>
            <time dateTime={at} title={fullTime(at, locale)} className="numbers">
              {clockTime(at, now, locale)}
            </time>{' '}
            <span lang="en">
              <strong>{action}</strong>
              {subject && <span className="mono"> {subject}</span>}: {because}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Hosts() {
  const { data: hosts, error, refetch } = useQuery(hostsQuery)
  const present = hosts?.filter(({ state }) => state !== 'removed')
  return (
    <Stack component="section" aria-labelledby="hosts" gap="sm">
      <Title order={2} id="hosts">
        {t.pool.hosts}
      </Title>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!hosts && !error && <Skeleton h={140} />}
      {present?.length === 0 && <Text c="dimmed">{t.pool.noHosts}</Text>}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {present?.map((host) => (
          <HostCard key={host.id} host={host} />
        ))}
      </SimpleGrid>
    </Stack>
  )
}

function Images() {
  const { data: images } = useQuery(imagesQuery)
  const faulty = images?.filter(({ fault }) => fault !== '').length ?? 0
  return (
    <Stack component="section" aria-labelledby="images" gap="sm">
      <Title order={2} id="images">
        {t.images.title}
      </Title>
      <Text size="sm">
        {images && t.images.onPool(images.length - faulty)} {faulty > 0 && t.images.faultyOnPool(faulty)}{' '}
        <Anchor component={Link} to="/images" size="sm" underline="always">
          {t.images.toImages}
        </Anchor>
      </Text>
    </Stack>
  )
}
