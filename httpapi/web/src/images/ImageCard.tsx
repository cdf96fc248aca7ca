import { Badge, Button, Card, Group, Stack, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { usePushImage } from '../api/changes'
import type { Blueprint, Host, Image, Pull } from '../api/model'
import { t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import { useNow } from '../time/clock'
import { secondsUntil } from '../time/duration'
import { ImageFacts } from './ImageFacts'
import { ImageUse } from './ImageUse'
import classes from './Images.module.css'
import { anchorOf, nameOf } from './names'
import { Places } from './Places'
import { canPush } from './progress'
import { RemoveModal } from './RemoveModal'

interface Props {
  image: Image
  /** Other images of the same file. */
  beside: Image[]
  hosts: Host[]
  blueprints: Blueprint[]
  pulls: Pull[]
}

/** How long an image that was pulled stands out, in seconds. */
const newFor = 300

/** One image: what it is, who uses it, and where it is. */
export function ImageCard({ image, beside, hosts, blueprints, pulls }: Props) {
  const isNew = useJustPulled(image, pulls)
  const name = nameOf(image)
  return (
    <Card component="article" aria-label={name} id={anchorOf(image)} tabIndex={-1} className={classes['card'] ?? ''} data-new={isNew || undefined}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" gap="xs">
          <div>
            {image.tags.map((tag) => (
              <Title key={tag} order={3} className="mono">
                {tag}
              </Title>
            ))}
            {image.tags.length === 0 && <Title order={3}>{t.images.untagged}</Title>}
          </div>
          {isNew && (
            <Badge variant="default" tt="none" fw={550}>
              {t.images.pulledJustNow}
            </Badge>
          )}
        </Group>
        <ImageFacts image={image} />
        <ImageUse image={image} blueprints={blueprints} />
        <Places image={image} hosts={hosts} />
        <Actions image={image} beside={beside} hosts={hosts} />
      </Stack>
    </Card>
  )
}

function useJustPulled({ file }: Image, pulls: Pull[]): boolean {
  const now = useNow()
  return pulls.some((pull) => pull.state === 'done' && pull.file === file && pull.ended_at !== null && secondsUntil(pull.ended_at, now) > -newFor)
}

function Actions({ image, beside, hosts }: { image: Image; beside: Image[]; hosts: Host[] }) {
  const [asked, ask] = useDisclosure()
  const push = usePushImage()
  const name = nameOf(image)
  const isActive = (id: string) => hosts.find((host) => host.id === id)?.state === 'active'
  const missing = image.hosts.some((place) => canPush(place) && isActive(place.host_id))
  return (
    <>
      {push.error && <RefusalAlert error={push.error} />}
      <Group gap="xs">
        <Button size="compact-sm" variant="default" disabled={!missing} loading={push.isPending} aria-label={t.images.pushAllOf(name)} onClick={() => push.mutate({ id: image.id })}>
          {t.images.pushAll}
        </Button>
        <Button size="compact-sm" variant="subtle" color="red" c="var(--mantine-color-error)" ml="auto" aria-label={t.images.remove.of(name)} onClick={ask.open}>
          {t.images.remove.button}
        </Button>
      </Group>
      <RemoveModal image={image} beside={beside} opened={asked} onClose={ask.close} />
    </>
  )
}
