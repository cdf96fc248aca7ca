import { Badge, Button, Card, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconExternalLink } from '@tabler/icons-react'
import { useEndInstance, useLaunch } from '../api/changes'
import { isLaunching, type Instance } from '../api/model'
import { t } from '../i18n'
import { launchSeconds } from '../launch/stages'
import { useFocusHome } from '../shell/focus'
import { RefusalAlert } from '../shell/RefusalAlert'
import { bytes } from '../size/bytes'
import { useNow } from '../time/clock'
import { elapsed, span } from '../time/duration'
import { Visits } from '../visit/Visits'
import { DestroyModal } from './DestroyModal'
import { useExtend } from './Extend'
import { FailureReport } from './FailureReport'
import classes from './Instance.module.css'
import { idleSeconds } from './idle'
import { EndsSoon, Lifetime } from './Lifetime'
import { LogsModal } from './LogsModal'
import { Password } from './Password'
import { StateBadge } from './StateBadge'
import { Steps } from './Steps'

const titleOf = ({ id }: Instance) => `instance-${id}`

/** One instance of the reader, from the click to its end. */
export function InstanceCard({ instance }: { instance: Instance }) {
  const running = instance.state === 'running'
  const failed = instance.state === 'failed' || instance.state === 'lost'
  const box = useFocusHome<HTMLElement>('instances')
  return (
    <Card component="article" ref={box} className={classes['card'] ?? ''} data-state={instance.state} aria-label={instance.name}>
      <Stack gap="md">
        <div className={classes['head']}>
          <Stack gap={8}>
            <div className={classes['names']}>
              <Title order={3} id={titleOf(instance)} tabIndex={-1}>{instance.blueprint_name || t.instance.unnamed}</Title>
              <Text component="span" className={`${classes['petname']} mono`}>
                {instance.name}
              </Text>
            </div>
            <div className={classes['facts']}>
              <StateBadge state={instance.state} />
              {instance.test && (
                <Badge variant="default" tt="none" fw={550}>
                  {t.trying.badge}
                </Badge>
              )}
              {running && <RunningFacts instance={instance} />}
            </div>
          </Stack>
          {running && <Lifetime instance={instance} />}
          {running && <RunningNotes instance={instance} />}
        </div>
        {isLaunching(instance.state) && <Steps instance={instance} />}
        {failed && <FailureReport instance={instance} />}
        {instance.state === 'deleting' ? (
          <Text size="sm" c="dimmed">
            {t.instance.ending}
          </Text>
        ) : (
          <Actions instance={instance} />
        )}
      </Stack>
    </Card>
  )
}

function RunningFacts({ instance }: { instance: Instance }) {
  const seconds = launchSeconds(instance)
  const idle = idleSeconds(instance, useNow())
  const facts = [
    t.instance.memory(bytes(instance.memory_limit)),
    seconds !== null && t.instance.readyIn(elapsed(seconds)),
    idle !== null && t.instance.idleFor(span(idle)),
  ].filter(Boolean)
  return (
    <Text size="sm" c="dimmed">
      {facts.join(' · ')}
    </Text>
  )
}

function RunningNotes({ instance }: { instance: Instance }) {
  return (
    <Stack gap={4} className={classes['notes'] ?? ''}>
      {instance.password && <Password value={instance.password} />}
      {!instance.expires_at && <Text size="sm">{instance.idle_ends_at ? t.instance.endlessInUse : t.instance.endless}</Text>}
      <EndsSoon instance={instance} />
      <Visits instance={instance} />
    </Stack>
  )
}

function Actions({ instance }: { instance: Instance }) {
  if (isLaunching(instance.state)) return <LaunchingActions instance={instance} />
  if (instance.state === 'running') return <RunningActions instance={instance} />
  return <FailedActions instance={instance} />
}

const newTab = { target: '_blank', rel: 'noopener' }

function LaunchingActions({ instance }: { instance: Instance }) {
  const box = useFocusHome<HTMLDivElement>(titleOf(instance))
  const end = useEndInstance()
  return (
    <>
      {end.error && <RefusalAlert error={end.error} />}
      <div className={classes['actions']} ref={box}>
        <Button component="a" href={`/launches/${encodeURIComponent(instance.id)}`} {...newTab} variant="default" title={t.instance.openWhenReadyTitle} rightSection={<IconExternalLink size={16} aria-hidden />}>
          {t.instance.openWhenReady}
        </Button>
        <LogsButton instance={instance} />
        <Button className={classes['last'] ?? ''} variant="subtle" color="gray" onClick={() => end.mutate(instance.id)} loading={end.isPending}>
          {t.instance.cancelLaunch}
        </Button>
      </div>
    </>
  )
}

function RunningActions({ instance }: { instance: Instance }) {
  const box = useFocusHome<HTMLDivElement>(titleOf(instance))
  const [asked, ask] = useDisclosure()
  const { button, note } = useExtend(instance)
  return (
    <>
      {note}
      <div className={classes['actions']} ref={box}>
        <Button component="a" href={instance.url} {...newTab} title={t.instance.openTitle} rightSection={<IconExternalLink size={16} aria-hidden />}>
          {t.instance.open}
        </Button>
        {button}
        <LogsButton instance={instance} />
        <Button className={classes['last'] ?? ''} variant="subtle" color="red" c="var(--mantine-color-error)" onClick={ask.open}>
          {t.instance.destroy}
        </Button>
        <DestroyModal instance={instance} opened={asked} onClose={ask.close} />
      </div>
    </>
  )
}

function FailedActions({ instance }: { instance: Instance }) {
  const box = useFocusHome<HTMLDivElement>(titleOf(instance))
  const end = useEndInstance()
  const launch = useLaunch()
  const error = launch.error ?? end.error
  // The failed one goes only when the new one is on its way.
  const again = () => launch.mutate({ blueprintID: instance.blueprint_id, test: instance.test }, { onSuccess: () => end.mutate(instance.id) })
  return (
    <>
      {error && <RefusalAlert error={error} />}
      <div className={classes['actions']} ref={box}>
        <Button onClick={again} loading={launch.isPending}>
          {t.instance.launchAgain}
        </Button>
        <LogsButton instance={instance} />
        <Button className={classes['last'] ?? ''} variant="subtle" color="gray" onClick={() => end.mutate(instance.id)} loading={end.isPending}>
          {t.instance.dismiss}
        </Button>
      </div>
    </>
  )
}

function LogsButton({ instance }: { instance: Instance }) {
  const [opened, logs] = useDisclosure()
  return (
    <>
      <Button variant="default" onClick={logs.open}>
        {t.instance.logs}
      </Button>
      <LogsModal instance={instance} opened={opened} onClose={logs.close} />
    </>
  )
}
