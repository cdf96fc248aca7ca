import { Button, Group, Stack, Text } from '@mantine/core'
import { useEndMany } from '../api/changes'
import type { Instance } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'

interface Props {
  instances: Instance[]
  opened: boolean
  onClose: () => void
  onEnded: (instances: Instance[]) => void
}

/** Asks before many notebooks are destroyed, and says of how many people. */
export function DestroyManyModal({ instances, opened, onClose, onEnded }: Props) {
  const end = useEndMany()
  const people = new Set(instances.map(({ user_id }) => user_id)).size
  const destroy = () =>
    end.mutate(instances, {
      onSuccess({ ended, refused }) {
        onEnded(ended)
        if (refused.length === 0) onClose()
      },
    })
  const refused = end.data?.refused ?? []
  return (
    <Dialog opened={opened} onClose={onClose} title={t.everyone.destroyTitle(instances.length)}>
      <Stack>
        <Text size="sm">{t.everyone.destroyWords(people)}</Text>
        {refused.length > 0 && (
          <>
            <Text size="sm" fw={600} role="alert">
              {t.everyone.failed(refused.length)}
            </Text>
            <RefusalAlert error={refused[0]?.reason as Error} />
          </>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.destroy.keep}
          </Button>
          <Button color="red.9" onClick={destroy} loading={end.isPending} disabled={instances.length === 0}>
            {t.destroy.confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
