import { Text, Title } from '@mantine/core'
import type { PoolStatus } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime } from '../time/duration'
import classes from './Pool.module.css'

/** What the cloud holds of ours without a record, and when it goes. */
export function Strays({ pool }: { pool: PoolStatus }) {
  return (
    <section aria-labelledby="strays">
      <Title order={2} id="strays" mb="xs">
        {t.pool.strays}
      </Title>
      <Text size="sm" c="dimmed">
        {t.pool.straysLead}
      </Text>
      <ul className={classes['list']}>
        {pool.strays.map((stray) => (
          <li key={stray.kind + stray.id}>
            {stray.kind} <span className="mono">{stray.name}</span> <span className="mono">{stray.id}</span>, {t.pool.releasedAt(clockTime(stray.release_at, serverNow(), locale))}
          </li>
        ))}
      </ul>
    </section>
  )
}
