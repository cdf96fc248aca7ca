import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Host } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import { GiveBackModal } from './GiveBackModal'
import { HostSteps } from './HostSteps'
import classes from './Pool.module.css'

/** Most slots that are drawn one by one. */
const maxDrawn = 96

export function HostCard({ host }: { host: Host }) {
  const now = serverNow()
  const [asks, setAsks] = useState<'retire' | 'release' | null>(null)
  const stage = host.stage ? `${t.pool.hostStates[host.state]}: ${t.pool.stages[host.stage] ?? host.stage}` : t.pool.hostStates[host.state]
  const facts: [string, string][] = [
    [t.pool.flavor, host.flavor],
    [t.pool.engine, host.engine_version],
    [t.pool.address, host.address],
    [t.pool.expires, host.expires_at ? clockTime(host.expires_at, now, locale) : ''],
    ['', host.state === 'active' && host.flavor && !host.expires_at ? t.pool.noClock : ''],
    ['', host.silent_since ? t.pool.silent(clockTime(host.silent_since, now, locale)) : ''],
  ]
  return (
    <Card component="article" aria-label={host.name}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <Title order={3} className="mono">
            {host.name}
          </Title>
          <Badge variant="default" tt="none" fw={550} className={classes['state'] ?? ''} leftSection={<span className={classes['dot']} data-state={host.state} aria-hidden />}>
            {stage}
          </Badge>
        </Group>
        <HostSteps host={host} />
        <SlotGrid used={host.slots_used} total={host.slots} />
        <Text size="xs" c="dimmed">
          {facts
            .filter(([, value]) => value)
            .map(([name, value]) => `${name} ${value}`.trim())
            .join(' · ')}
          {host.state_since && (
            <time dateTime={host.state_since} title={fullTime(host.state_since, locale)}>
              {' · '}
              {t.pool.since(clockTime(host.state_since, now, locale))}
            </time>
          )}
        </Text>
        {host.trouble.length > 0 && (
          <details className={classes['trouble']} open={host.state !== 'active'}>
            <summary>{t.pool.errors(host.trouble.length)}</summary>
            <ul className={classes['list']}>
              {host.trouble.toReversed().map(({ at, message }) => (
                <li key={at + message}>
                  <time dateTime={at} title={fullTime(at, locale)} className="numbers">
                    {clockTime(at, now, locale)}
                  </time>{' '}
                  {message}
                </li>
              ))}
            </ul>
          </details>
        )}
        <CloudIDs host={host} />
        {mayGo.has(host.state) && (
          <Group gap="xs">
            {host.stage !== 'retiring' && (
              <Button size="compact-sm" variant="default" onClick={() => setAsks('retire')}>
                {t.pool.retire}
              </Button>
            )}
            <Button size="compact-sm" variant="default" onClick={() => setAsks('release')}>
              {t.pool.release}
            </Button>
          </Group>
        )}
      </Stack>
      <GiveBackModal host={host} how={asks ?? 'retire'} opened={asks !== null} onClose={() => setAsks(null)} />
    </Card>
  )
}

/** States in which a host can be given back by hand. */
const mayGo = new Set(['requested', 'building', 'preparing', 'active', 'inactive', 'stuck'])

function CloudIDs({ host }: { host: Host }) {
  const ids: [string, string][] = [
    [t.pool.server, host.cloud.server_id],
    [t.pool.group, host.cloud.security_group_id],
    ...host.cloud.volume_ids.map((id): [string, string] => [t.pool.volume, id]),
  ]
  const known = ids.filter(([, id]) => id)
  if (known.length === 0) return null
  return (
    <details className={classes['trouble']}>
      <summary>{t.pool.ids}</summary>
      <ul className={classes['list']}>
        {known.map(([kind, id]) => (
          <li key={id}>
            {kind} <span className="mono">{id}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

function SlotGrid({ used, total }: { used: number; total: number }) {
  const words = t.pool.slots(used, total)
  return (
    <div>
      {total <= maxDrawn && (
        <div className={classes['slots']} role="meter" aria-label={t.pool.slotsLabel} aria-valuemin={0} aria-valuemax={total} aria-valuenow={used} aria-valuetext={words}>
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
