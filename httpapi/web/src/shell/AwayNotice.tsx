import { Group, Loader, Text } from '@mantine/core'
import { t } from '../i18n'
import classes from './Notice.module.css'

/** Floats, so that nothing jumps when the server goes and comes back. */
export function AwayNotice() {
  return (
    <Group className={classes['away']} role="alert" gap="sm" wrap="nowrap">
      <Loader size="xs" color="white" aria-hidden />
      <Text size="sm">{t.connection.away}</Text>
    </Group>
  )
}
