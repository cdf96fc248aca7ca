import { Button, Group, Stack, Text } from '@mantine/core'
import { useRemoveImage } from '../api/changes'
import type { Image } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'
import { nameOf } from './names'

interface Props {
  image: Image
  /** Other images of the same file that can be used. */
  beside: Image[]
  opened: boolean
  onClose: () => void
}

/** Asks before a file is removed from the image directory, and says what goes with it. */
export function RemoveModal({ image, beside, opened, onClose }: Props) {
  const remove = useRemoveImage()
  const isImage = image.fault === ''
  const close = () => {
    remove.reset()
    onClose()
  }
  return (
    <Dialog opened={opened} onClose={close} title={t.images.remove.title(isImage ? nameOf(image) : image.file)}>
      <Stack>
        <Text size="sm">{isImage ? t.images.remove.means(image.file) : t.images.remove.meansFile(image.file)}</Text>
        {beside.length > 0 && <Text size="sm">{t.images.remove.others(beside.map(nameOf).join(', '))}</Text>}
        {!isImage && beside.length === 0 && <Text size="sm">{t.images.remove.useless}</Text>}
        {isImage && <Text size="sm">{t.images.remove.stays}</Text>}
        {remove.error && <RefusalAlert error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {t.images.remove.not}
          </Button>
          <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate(image, { onSuccess: close })}>
            {isImage ? t.images.remove.button : t.images.remove.file}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
