import { Button, Group, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { Stray } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Pool.module.css'
import { ReleaseStrayModal } from './ReleaseStrayModal'
import { goneWith } from './strays'

/**
 * What the cloud holds of ours without a record, when it goes, and a way to have it
 * gone at once. A refusal is still to be read when what it is of has left the list.
 */
export function Strays({ strays }: { strays: Stray[] }) {
  const [asked, setAsked] = useState<{ stray: Stray; doomed: Stray[] } | null>(null)
  return (
    <>
      {strays.length > 0 && (
        <section aria-labelledby="strays">
          <Title order={2} id="strays" mb="xs">
            {t.strays.title}
          </Title>
          <Text size="sm" c="dimmed">
            {t.strays.lead}
          </Text>
          <ul className={classes['list']}>
            {strays.map((stray) => (
              <li key={stray.kind + stray.id}>
                <StrayRow stray={stray} onRelease={() => setAsked({ stray, doomed: goneWith(strays, stray) })} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {asked && <ReleaseStrayModal {...asked} onClose={() => setAsked(null)} />}
    </>
  )
}

function StrayRow({ stray, onRelease }: { stray: Stray; onRelease: () => void }) {
  const now = serverNow()
  const kind = t.strays.kinds[stray.kind]
  const since = stray.created_at ?? stray.found_at
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <div className={classes['stray']}>
        <div>
          {kind} <strong className="mono">{stray.name}</strong> <span className="mono">{stray.id}</span>
        </div>
        <Text size="sm" c="dimmed">
          {since && (
            <time dateTime={since} title={fullTime(since, locale)}>
              {t.strays.since(clockTime(since, now, locale))}
            </time>
          )}
          {stray.created_at && stray.found_at && `, ${t.strays.seen(clockTime(stray.found_at, now, locale))}`}
          {since && '. '}
          {stray.host_id ? t.strays.ofNoRecord(stray.host_id) : t.strays.ofNobody}{' '}
          {stray.release_at ? t.strays.releasedAt(clockTime(stray.release_at, now, locale)) : t.strays.byHand}
        </Text>
      </div>
      {stray.host_id && (
        <Button size="compact-sm" variant="default" aria-label={t.strays.of(kind, stray.name)} onClick={onRelease}>
          {t.strays.release}
        </Button>
      )}
    </Group>
  )
}
