import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useExtendInstance } from '../api/changes'
import type { Instance } from '../api/model'
import { poolQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import { useNow } from '../time/clock'
import { clockTime } from '../time/duration'
import { cannotExtend } from './mayExtend'

/** Begins the lifetime of a notebook anew; nothing where its environment never allows that. */
export function useExtend(instance: Instance): { button: React.ReactNode; note: React.ReactNode } {
  const extend = useExtendInstance()
  const { data: pool } = useQuery(poolQuery)
  const now = useNow()
  if (!instance.extendable_until || !instance.expires_at) return { button: null, note: null }
  const refused = cannotExtend(instance, pool)
  const button = (
    <Button
      variant="default"
      disabled={refused !== null}
      loading={extend.isPending}
      title={t.instance.extendTitle(clockTime(instance.extendable_until, now, locale))}
      onClick={() => extend.mutate(instance.id)}
    >
      {t.instance.extend}
    </Button>
  )
  const done = extend.isSuccess ? t.instance.extendedTo(clockTime(instance.expires_at, now, locale)) : null
  const words = [done, refused].filter(Boolean).join(' ')
  const note = (
    <>
      {extend.error && !refused && <RefusalAlert error={extend.error} />}
      {words && (
        <Text size="sm" c="dimmed" role="status">
          {words}
        </Text>
      )}
    </>
  )
  return { button, note }
}
