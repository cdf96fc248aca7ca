import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { poolQuery } from '../api/queries'
import { t } from '../i18n'

/** Warns where notebooks share one origin, and says how they would not. */
export function SharedOrigin() {
  const { data: pool } = useQuery(poolQuery)
  if (!pool?.shared_origin) return null
  return (
    <Alert color="orange" variant="light" role="note" icon={<IconAlertTriangle aria-hidden />} title={t.configure.sharedOrigin}>
      <Text size="sm">{t.configure.sharedOriginWords}</Text>
    </Alert>
  )
}
