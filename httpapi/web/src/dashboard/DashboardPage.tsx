import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { Blueprint, Instance, Me } from '../api/model'
import { blueprintsQuery, instancesQuery, poolQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { InstanceCard } from '../instance/InstanceCard'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { useConnection } from '../shell/Shell'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Dashboard.module.css'
import { EnvironmentCard } from './EnvironmentCard'
import { refusedBecause } from './mayLaunch'
import { News } from './News'
import { useTabTitle } from './tabTitle'

/** Most ended instances that are listed. */
const maxEnded = 8

const newestFirst = (a: Instance, b: Instance) => (b.created_at ?? '').localeCompare(a.created_at ?? '')

export function DashboardPage({ me }: { me: Me }) {
  const instances = useQuery(instancesQuery)
  const blueprints = useQuery(blueprintsQuery)
  const all = (instances.data ?? []).toSorted(newestFirst)
  const present = all.filter(({ state }) => state !== 'deleted')
  const ended = all.filter(({ state }) => state === 'deleted').slice(0, maxEnded)
  return (
    <Stack gap="lg">
      <PageTitle tab={t.dashboard.title}>{t.dashboard.title}</PageTitle>
      <TabTitle instances={present} />
      {instances.data && <News instances={instances.data} />}
      <div className={classes['columns']} data-none={instances.data && present.length === 0 ? '' : undefined}>
        <Stack component="section" aria-labelledby="instances">
          <Title order={2} id="instances" tabIndex={-1}>
            {t.dashboard.instances}
          </Title>
          {instances.error && <RefusalAlert error={instances.error} onRetry={() => void instances.refetch()} />}
          {instances.isPending && <Skeleton h={180} />}
          {instances.data && present.length === 0 && <NoInstance />}
          {present.map((instance) => (
            <InstanceCard key={instance.id} instance={instance} />
          ))}
          {ended.length > 0 && <Ended instances={ended} />}
        </Stack>
        <Stack component="section" aria-labelledby="environments" className={classes['environments'] ?? ''}>
          <Title order={2} id="environments">
            {t.dashboard.environments}
          </Title>
          {blueprints.error && <RefusalAlert error={blueprints.error} onRetry={() => void blueprints.refetch()} />}
          {blueprints.isPending && <Skeleton h={180} />}
          {blueprints.data && <Environments blueprints={blueprints.data} mine={present} me={me} />}
        </Stack>
      </div>
    </Stack>
  )
}

/** In the last minutes the browser's tab counts down too. */
function TabTitle({ instances }: { instances: Instance[] }) {
  const title = useTabTitle(instances)
  useDocumentTitle(title)
  return null
}

function Environments({ blueprints, mine, me }: { blueprints: Blueprint[]; mine: Instance[]; me: Me }) {
  const { data: pool } = useQuery(poolQuery)
  const away = useConnection() === 'away'
  const active = blueprints.filter(({ is_enabled }) => is_enabled).toSorted((a, b) => a.name.localeCompare(b.name, locale))
  if (active.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t.dashboard.noEnvironments} {me.role === 'admin' ? t.dashboard.noEnvironmentsAdmin : t.dashboard.noEnvironmentsUser}
      </Text>
    )
  }
  return active.map((blueprint) => <EnvironmentCard key={blueprint.id} blueprint={blueprint} refused={refusedBecause(blueprint, mine, pool, away)} />)
}

function NoInstance() {
  return (
    <div className={classes['empty']}>
      <div>
        <Text fw={600}>{t.dashboard.noneTitle}</Text>
        <Text size="sm" c="dimmed">
          {t.dashboard.none}
        </Text>
      </div>
    </div>
  )
}

function Ended({ instances }: { instances: Instance[] }) {
  const now = serverNow()
  return (
    <section aria-labelledby="ended">
      <Title order={3} id="ended" mt="md" mb="xs">
        {t.dashboard.ended}
      </Title>
      <ul className={classes['ended']}>
        {instances.map((instance) => (
          <li key={instance.id}>
            <Text component="span" size="sm" fw={550}>
              {instance.blueprint_name || t.instance.unnamed}
            </Text>
            <Text component="span" size="xs" c="dimmed" className="mono">
              {instance.name}
            </Text>
            <Text component="span" size="sm" c="dimmed">
              {t.instance.endReasons[instance.end_reason]}{' '}
              {instance.ended_at && (
                <time dateTime={instance.ended_at} title={fullTime(instance.ended_at, locale)}>
                  {t.instance.endedAt(clockTime(instance.ended_at, now, locale))}
                </time>
              )}
            </Text>
          </li>
        ))}
      </ul>
    </section>
  )
}
