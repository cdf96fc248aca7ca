import { Badge, Card, Group, Stack, Text, Title } from '@mantine/core'
import type { Host } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Pool.module.css'

/** Most slots that are drawn one by one. */
const maxDrawn = 96

export function HostCard({ host }: { host: Host }) {
  const now = serverNow()
  const stage = host.stage ? `${t.pool.hostStates[host.state]}: ${host.stage}` : t.pool.hostStates[host.state]
  const facts: [string, string][] = [
    [t.pool.engine, host.engine_version],
    [t.pool.address, host.address],
    [t.pool.expires, host.expires_at ? clockTime(host.expires_at, now, locale) : ''],
  ]
  return (
    <Card component="article" aria-label={host.name}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Title order={3} className="mono">
            {host.name}
          </Title>
          <Badge variant="default" tt="none" fw={550} className={classes['state'] ?? ''} leftSection={<span className={classes['dot']} data-state={host.state} aria-hidden />}>
            {stage}
          </Badge>
        </Group>
        <SlotGrid used={host.slots_used} total={host.slots} />
        <Text size="xs" c="dimmed">
          {facts
            .filter(([, value]) => value)
            .map(([name, value]) => `${name} ${value}`)
            .join(' · ')}
          {host.state_since && (
            <time dateTime={host.state_since} title={fullTime(host.state_since, locale)}>
              {' · '}
              {t.pool.since(clockTime(host.state_since, now, locale))}
            </time>
          )}
        </Text>
        {host.trouble.length > 0 && (
          <details className={classes['trouble']}>
            <summary>{t.pool.errors(host.errors)}</summary>
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
      </Stack>
    </Card>
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
