import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Host } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import { BuildLog } from './BuildLog'
import { CloudIDs } from './CloudIDs'
import { GiveBackModal } from './GiveBackModal'
import { HostFacts } from './HostFacts'
import { HostSteps } from './HostSteps'
import classes from './Pool.module.css'
import { waysToGiveBack, type GiveBack } from './steps'

/** Most slots that are drawn one by one. */
const maxDrawn = 96

export function HostCard({ host }: { host: Host }) {
  return (
    <Card component="article" aria-label={host.name}>
      <Stack gap="sm" h="100%">
        <div>
          <Group justify="space-between" align="flex-start" gap="xs">
            <Title order={3} className="mono">
              {host.name}
            </Title>
            <Badge variant="default" tt="none" fw={550} className={classes['state'] ?? ''} leftSection={<span className={classes['dot']} data-state={host.state} aria-hidden />}>
              {t.pool.hostStates[host.state]}
            </Badge>
          </Group>
          <Since host={host} />
        </div>
        <HostSteps host={host} />
        {host.slots > 0 && <SlotGrid host={host} />}
        <HostFacts host={host} />
        {host.trouble.length > 0 && <Trouble host={host} />}
        <CloudIDs host={host} />
        <Group gap="xs" mt="auto">
          <BuildLog host={host} />
          <GiveBackButtons host={host} />
        </Group>
      </Stack>
    </Card>
  )
}

/** Why it is in its state, and since when. */
function Since({ host }: { host: Host }) {
  if (!host.state_since) return null
  return (
    <Text size="sm" c="dimmed" mt={4}>
      {host.stage && `${t.pool.stages[host.stage] ?? host.stage}, `}
      <time dateTime={host.state_since} title={fullTime(host.state_since, locale)}>
        {t.pool.since(clockTime(host.state_since, serverNow(), locale))}
      </time>
    </Text>
  )
}

/** The last faults in the cloud's or the engine's own words. */
function Trouble({ host }: { host: Host }) {
  return (
    <details className={`${classes['fold']} ${classes['trouble']}`} open={host.state !== 'active'}>
      <summary>{t.pool.errors(host.trouble.length, host.errors)}</summary>
      <ul className={classes['list']}>
        {host.trouble.toReversed().map(({ at, message }) => (
          <li key={at + message}>
            <time dateTime={at} title={fullTime(at, locale)} className="numbers">
              {clockTime(at, serverNow(), locale)}
            </time>{' '}
            <span lang="en">{message}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

function GiveBackButtons({ host }: { host: Host }) {
  const [asked, setAsked] = useState<GiveBack>('retire')
  const [opened, setOpened] = useState(false)
  const ways = waysToGiveBack(host)
  const ask = (how: GiveBack) => {
    setAsked(how)
    setOpened(true)
  }
  return (
    <>
      {ways.map((how) => (
        <Button key={how} size="compact-sm" variant="default" aria-label={t.pool.giveBack[how].of(host.name)} onClick={() => ask(how)}>
          {t.pool.giveBack[how].button}
        </Button>
      ))}
      <GiveBackModal host={host} how={asked} opened={opened} onClose={() => setOpened(false)} />
    </>
  )
}

/** How the slots of a host look: taken as usual, not for long any more, or of no use at all. */
function lookOf({ state }: Host): 'usual' | 'retiring' | 'faulty' {
  if (state === 'stuck') return 'faulty'
  return state === 'inactive' || state === 'removing' ? 'retiring' : 'usual'
}

function SlotGrid({ host }: { host: Host }) {
  const { slots_used: used, slots: total } = host
  const look = lookOf(host)
  const words = [t.pool.slots(used, total), look !== 'usual' && t.queue[look]].filter(Boolean).join(', ')
  return (
    <div>
      {total <= maxDrawn && (
        <div className={classes['slots']} data-look={look} role="meter" aria-label={t.pool.slotsLabel} aria-valuemin={0} aria-valuemax={total} aria-valuenow={used} aria-valuetext={words}>
          {Array.from({ length: total }, (_, index) => (
            <span key={index} className={classes['slot']} data-used={index < used || undefined} />
          ))}
        </div>
      )}
      <Text size="sm" mt={4} className="numbers">
        {words}
      </Text>
    </div>
  )
}
