import { Button, Group, Stack, Text } from '@mantine/core'
import { useEndInstance } from '../api/changes'
import type { Instance } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'

interface Props {
  instance: Instance
  opened: boolean
  onClose: () => void
}

/** Asks before a notebook is destroyed, and says what is lost with it. */
export function DestroyModal({ instance, opened, onClose }: Props) {
  const end = useEndInstance()
  const destroy = () => end.mutate(instance.id, { onSuccess: onClose })
  return (
    <Dialog opened={opened} onClose={onClose} title={t.destroy.title(instance.name)}>
      <Stack>
        <Text size="sm">{t.destroy.words}</Text>
        <Text size="sm" fw={600}>
          {t.destroy.advice}
        </Text>
        {end.error && <RefusalAlert error={end.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.destroy.keep}
          </Button>
          <Button color="red.9" onClick={destroy} loading={end.isPending}>
            {t.destroy.confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
