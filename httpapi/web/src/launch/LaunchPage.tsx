import { Button, Card, Group, Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useId } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { useEndInstance, useLaunch } from '../api/changes'
import { Refusal } from '../api/client'
import { isLaunching, type Instance } from '../api/model'
import { instanceQuery, meQuery } from '../api/queries'
import { t } from '../i18n'
import { FailureReport } from '../instance/FailureReport'
import { Steps } from '../instance/Steps'
import { Missing } from '../shell/Missing'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { Estimate } from './Estimate'
import { useLaunchFavicon } from './favicon'
import { LaunchLog } from './LaunchLog'

/** Waits for a launch and goes on to the notebook when it answers. */
export function LaunchPage() {
  const { id = '' } = useParams()
  const { data: instance, error, refetch } = useQuery(instanceQuery(id))
  if (instance) return <Launch key={id} instance={instance} />
  if (error instanceof Refusal && error.status === 404) return <Missing title={t.launch.missing} words={t.launch.missingWords} />
  if (error) return <RefusalAlert error={error} onRetry={() => void refetch()} />
  return <Loader aria-label={t.loading} role="status" />
}

function Launch({ instance }: { instance: Instance }) {
  const running = instance.state === 'running'
  useEffect(() => {
    if (running) location.replace(instance.url)
  }, [running, instance.url])
  useLaunchFavicon(lookOf(instance))
  if (running) return <Ready instance={instance} />
  if (isLaunching(instance.state)) return <Waiting instance={instance} />
  return <Ended instance={instance} />
}

function lookOf({ state }: Instance) {
  if (state === 'running') return 'ready'
  if (isLaunching(state)) return 'waiting'
  return hasFailed(state) ? 'failed' : null
}

const hasFailed = (state: Instance['state']) => state === 'failed' || state === 'lost'

const nameOf = (instance: Instance) => instance.blueprint_name || instance.name

function Waiting({ instance }: { instance: Instance }) {
  const end = useEndInstance()
  const meaning = useId()
  return (
    <Card maw={560} mx="auto" w="100%" p="xl">
      <Stack>
        <PageTitle tab={t.launch.titleLaunching}>{t.launch.title(nameOf(instance))}</PageTitle>
        <Text size="sm" c="dimmed">
          {t.launch.lead}
        </Text>
        <Estimate instance={instance} />
        <Steps instance={instance} />
        <LaunchLog instance={instance} />
        {end.error && <RefusalAlert error={end.error} />}
        <Group justify="space-between" gap="sm">
          <Text size="xs" c="dimmed" id={meaning} flex="1 1 14rem">
            {t.report.cancelMeans}
          </Text>
          <Button variant="default" aria-describedby={meaning} onClick={() => end.mutate(instance.id)} loading={end.isPending}>
            {t.instance.cancelLaunch}
          </Button>
        </Group>
      </Stack>
    </Card>
  )
}

function Ready({ instance }: { instance: Instance }) {
  return (
    <Card maw={560} mx="auto" w="100%" p="xl">
      <Stack align="flex-start">
        <PageTitle tab={t.launch.titleReady}>{t.launch.ready}</PageTitle>
        <Button component="a" href={instance.url}>
          {t.launch.readyLink}
        </Button>
      </Stack>
    </Card>
  )
}

function Ended({ instance }: { instance: Instance }) {
  const { data: me } = useQuery(meQuery)
  const failed = hasFailed(instance.state)
  const title = failed ? t.launch.failed(nameOf(instance)) : t.launch.ended(nameOf(instance))
  return (
    <Card maw={560} mx="auto" w="100%" p="xl">
      <Stack>
        <PageTitle tab={failed ? t.launch.titleFailed : t.launch.titleEnded}>{title}</PageTitle>
        {failed ? (
          <>
            <Steps instance={instance} />
            <FailureReport instance={instance} />
            <LaunchLog instance={instance} opened={!instance.failure?.log.length} />
          </>
        ) : (
          <Text>{t.instance.endReasons[instance.end_reason] ?? t.instance.ending}</Text>
        )}
        {me?.id === instance.user_id ? <Again instance={instance} /> : <NotOwn />}
      </Stack>
    </Card>
  )
}

function Again({ instance }: { instance: Instance }) {
  const launch = useLaunch()
  const end = useEndInstance()
  const navigate = useNavigate()
  const again = () =>
    launch.mutate({ blueprintID: instance.blueprint_id, test: instance.test }, {
      onSuccess({ id }) {
        // As on the dashboard, the failed one goes only when the new one is on its way.
        if (hasFailed(instance.state)) end.mutate(instance.id)
        return navigate(`/launches/${encodeURIComponent(id)}`, { replace: true })
      },
    })
  return (
    <>
      {launch.error && <RefusalAlert error={launch.error} />}
      <Group>
        <Button onClick={again} loading={launch.isPending}>
          {t.instance.launchAgain}
        </Button>
        <Button component={Link} to="/" variant="default">
          {t.problem.toDashboard}
        </Button>
      </Group>
    </>
  )
}

/** An administrator who looks at somebody else's launch would begin one of their own. */
function NotOwn() {
  return (
    <>
      <Text size="sm">{t.report.notOwn}</Text>
      <Group>
        <Button component={Link} to="/instances" variant="default">
          {t.visit.back}
        </Button>
      </Group>
    </>
  )
}
