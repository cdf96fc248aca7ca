import { Alert, Text } from '@mantine/core'
import { IconClockPause } from '@tabler/icons-react'
import type { PoolStatus } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime } from '../time/duration'

/** What the scaler sees of the pool, and what keeps it from making hosts. */
export function Headroom({ pool }: { pool: PoolStatus }) {
  const { projected, target, largest, fits, hosts, max_hosts: most, building } = pool.headroom
  return (
    <>
      {pool.state === 'running' && (
        <Text size="sm">
          {t.pool.headroom(projected, target, building, hosts, most)} {largest > 0 && !fits && t.pool.tight(largest)}
        </Text>
      )}
      {pool.pause && (
        <Alert color="orange" variant="light" role="alert" icon={<IconClockPause aria-hidden />}>
          <Text size="sm" fw={600}>
            {t.pool.pause(clockTime(pool.pause.until, serverNow(), locale))}
          </Text>
          <Text size="sm" className="mono" lang="en">
            {pool.pause.reason}
          </Text>
        </Alert>
      )}
    </>
  )
}
