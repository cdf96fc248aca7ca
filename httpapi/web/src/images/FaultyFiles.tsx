import { Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Image } from '../api/model'
import { t } from '../i18n'
import { bytes } from '../size/bytes'
import { useNow } from '../time/clock'
import { Age } from './ImageFacts'
import { RemoveModal } from './RemoveModal'

/** Files of the image directory that hold no image that could be used, and why. */
export function FaultyFiles({ files, usable }: { files: Image[]; usable: Image[] }) {
  return (
    <Stack component="section" aria-labelledby="faulty" gap="sm">
      <div>
        <Title order={2} id="faulty">
          {t.images.unreadable}
        </Title>
        <Text size="sm" c="dimmed">
          {t.images.unreadableLead}
        </Text>
      </div>
      {files.map((file) => (
        <FaultyFile key={file.file + file.fault} file={file} beside={usable.filter((image) => image.file === file.file)} />
      ))}
    </Stack>
  )
}

function FaultyFile({ file, beside }: { file: Image; beside: Image[] }) {
  const [asked, ask] = useDisclosure()
  const now = useNow()
  return (
    <Card component="article" aria-label={file.file}>
      <Stack gap="xs">
        <Group justify="space-between" align="flex-start" gap="xs">
          <Title order={3} className="mono">
            {file.file}
          </Title>
          <Button size="compact-sm" variant="subtle" color="red" c="var(--mantine-color-error)" aria-label={t.images.remove.fileOf(file.file)} onClick={ask.open}>
            {t.images.remove.file}
          </Button>
        </Group>
        <Text size="sm" c="var(--mantine-color-error)" lang="en">
          {file.fault}
        </Text>
        <Text size="sm" c="dimmed" className="numbers">
          {[bytes(file.size), ...file.tags].join(' · ')}
          {file.changed && ' · '}
          {file.changed && <Age time={file.changed} now={now} />}
        </Text>
      </Stack>
      <RemoveModal image={file} beside={beside} opened={asked} onClose={ask.close} />
    </Card>
  )
}
