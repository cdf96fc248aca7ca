import { Container, Group, Text } from '@mantine/core'
import { IconPower } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Me } from '../api/model'
import { poolQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Notice.module.css'

/** Tells everybody that the service is in shutdown mode, and administrators what it waits for. */
export function PoolBanner({ me }: { me: Me }) {
  const { data: pool } = useQuery(poolQuery)
  if (!pool || pool.state === 'running') return null
  const drained = pool.state === 'drained'
  const isAdmin = me.role === 'admin'
  return (
    <div className={classes['banner']} role="status">
      <Container size="lg" py="xs">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <IconPower size={20} aria-hidden />
          <div>
            <Text size="sm" fw={650}>
              {drained ? t.banner.drained : t.banner.draining}
            </Text>
            <Text size="sm">
              {drained ? t.banner.drainedWords : t.banner.words}{' '}
              {pool.since && <span title={fullTime(pool.since, locale)}>{t.banner.since(clockTime(pool.since, serverNow(), locale))}</span>}
            </Text>
            {isAdmin && pool.blockers.length > 0 && <Text size="sm">{t.banner.waitsFor(pool.blockers.join('; '))}</Text>}
            {isAdmin && <Text size="sm">{t.banner.admin}</Text>}
          </div>
        </Group>
      </Container>
    </div>
  )
}
