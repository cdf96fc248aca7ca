import { Button, Group, Stack, Text } from '@mantine/core'
import { useGiveBackHost } from '../api/changes'
import type { Host } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'

interface Props {
  host: Host
  how: 'retire' | 'release'
  opened: boolean
  onClose: () => void
}

/** Asks before a host is given back, and says what ends with it. */
export function GiveBackModal({ host, how, opened, onClose }: Props) {
  const giveBack = useGiveBackHost(how)
  const confirm = () => giveBack.mutate(host.id, { onSuccess: onClose })
  const retires = how === 'retire'
  return (
    <Dialog opened={opened} onClose={onClose} title={retires ? t.pool.retireTitle(host.name) : t.pool.releaseTitle(host.name)}>
      <Stack>
        <Text size="sm">{retires ? t.pool.retireWords : t.pool.releaseWords(host.slots_used)}</Text>
        {giveBack.error && <RefusalAlert error={giveBack.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.pool.keep}
          </Button>
          <Button color={retires ? 'harbor' : 'red.9'} onClick={confirm} loading={giveBack.isPending}>
            {retires ? t.pool.retire : t.pool.release}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
