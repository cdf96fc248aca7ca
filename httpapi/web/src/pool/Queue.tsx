import { Anchor, Text, Title } from '@mantine/core'
import { Link } from 'react-router'
import type { PoolStatus } from '../api/model'
import { locale, t } from '../i18n'
import { useNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Pool.module.css'

/** Most launches that are listed; the rest are counted. */
const maxListed = 20

/** The launches that wait for a place, in their order, with what each waits for. */
export function Queue({ queue }: Pick<PoolStatus, 'queue'>) {
  const now = useNow()
  if (queue.length === 0) return null
  return (
    <section aria-labelledby="queue">
      <Title order={2} id="queue" mb="xs">
        {t.queue.title}
      </Title>
      <ol className={classes['list']} aria-labelledby="queue">
        {queue.slice(0, maxListed).map(({ instance_id, name, environment, user, slots, since, position, reason }) => (
          <li key={instance_id}>
            <span className="numbers">{position}.</span>{' '}
            <Anchor component={Link} to={`/launches/${encodeURIComponent(instance_id)}`} size="sm" underline="always" className="mono">
              {name}
            </Anchor>{' '}
            {[environment, user, t.queue.slots(slots)].filter(Boolean).join(', ')},{' '}
            <time dateTime={since} title={fullTime(since, locale)} className="numbers">
              {t.queue.since(clockTime(since, now, locale))}
            </time>
            : <span lang="en">{reason}</span>
          </li>
        ))}
      </ol>
      {queue.length > maxListed && (
        <Text size="sm" c="dimmed">
          {t.queue.more(queue.length - maxListed)}
        </Text>
      )}
    </section>
  )
}
