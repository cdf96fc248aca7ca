import { Button, Group, Stack, Text } from '@mantine/core'
import { useGiveBackHost } from '../api/changes'
import type { Host } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'
import type { GiveBack } from './steps'

interface Props {
  host: Host
  how: GiveBack
  opened: boolean
  onClose: () => void
}

/** Asks before a host is given back, and says what ends with it. */
export function GiveBackModal({ host, how, opened, onClose }: Props) {
  const giveBack = useGiveBackHost(how === 'retire' ? 'retire' : 'release')
  const confirm = () => giveBack.mutate(host.id, { onSuccess: onClose })
  const words = t.pool.giveBack[how]
  return (
    <Dialog opened={opened} onClose={onClose} title={words.title(host.name)}>
      <Stack>
        <Text size="sm">{words.means(host.slots_used)}</Text>
        {giveBack.error && <RefusalAlert error={giveBack.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {words.not}
          </Button>
          <Button color={how === 'release' ? 'red.9' : 'harbor'} onClick={confirm} loading={giveBack.isPending}>
            {words.button}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
