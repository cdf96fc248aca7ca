import { Button, CopyButton, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Host, HostLog } from '../api/model'
import { hostLogQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { LogText } from '../shell/LogText'
import { RefusalAlert } from '../shell/RefusalAlert'
import { elapsed, exactTime, fullTime } from '../time/duration'
import classes from './Pool.module.css'

/** Shows how a host was built: also one that failed on its way. */
export function BuildLog({ host }: { host: Host }) {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={t.hostlog.of(host.name)} onClick={() => setOpened(true)}>
        {t.hostlog.button}
      </Button>
      <Dialog opened={opened} onClose={() => setOpened(false)} size="xl" title={t.hostlog.of(host.name)}>
        <Log id={host.id} />
      </Dialog>
    </>
  )
}

function Log({ id }: { id: string }) {
  const { data: log, error, refetch } = useQuery(hostLogQuery(id))
  return (
    <Stack>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!log && !error && <Skeleton h={200} aria-label={t.loading} />}
      {log && <Events events={log.events} />}
      {log && <Console console={log.console} />}
    </Stack>
  )
}

/** Our own steps, with the faults between them. */
function Events({ events }: { events: HostLog['events'] }) {
  return (
    <ol className={classes['list']} aria-label={t.hostlog.events}>
      {events.map(({ at, step, seconds, fault }) => (
        <li key={at + step + fault}>
          <time dateTime={at} title={fullTime(at, locale)} className="numbers">
            {exactTime(at, locale)}
          </time>{' '}
          {fault ? (
            <>
              <strong className={classes['fault']}>{t.hostlog.fault}</strong>: <span lang="en">{fault}</span>
            </>
          ) : (
            <>
              <strong>{wordOf(step)}</strong> {seconds !== null && <span className="numbers">{t.hostlog.took(elapsed(seconds))}</span>}
            </>
          )}
        </li>
      ))}
    </ol>
  )
}

/** A step on the way to active, or a state of later. */
const wordOf = (step: string): string => t.pool.step[step] ?? t.pool.hostStates[step as Host['state']] ?? step

function Console({ console: { lines, missing } }: { console: HostLog['console'] }) {
  const text = lines.join('\n')
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={3} size="h5">
          {t.hostlog.console}
        </Title>
        {text && (
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" aria-label={copied ? undefined : t.hostlog.copy} onClick={copy}>
                {copied ? t.copied : t.copy}
              </Button>
            )}
          </CopyButton>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {missing ? t.hostlog.missing[missing] : t.hostlog.hides}
      </Text>
      {text && <LogText text={text} label={t.hostlog.lines} />}
    </Stack>
  )
}
