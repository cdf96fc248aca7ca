import { Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { IconClock, IconCpu2, IconRocket } from '@tabler/icons-react'
import { useId } from 'react'
import { useLaunch } from '../api/changes'
import type { Blueprint } from '../api/model'
import { t } from '../i18n'
import { useFocusWhenOff } from '../shell/focus'
import { RefusalAlert } from '../shell/RefusalAlert'
import { bytes, memoryBytes } from '../size/bytes'
import { extensionSeconds, lifetimeSeconds, span } from '../time/duration'
import classes from './Dashboard.module.css'

interface Props {
  blueprint: Blueprint
  /** Why it cannot be launched now; null when it can. */
  refused: string | null
}

/** What users call an environment: a blueprint that they can launch. */
export function EnvironmentCard({ blueprint, refused }: Props) {
  const launch = useLaunch()
  const button = useFocusWhenOff(refused !== null, 'instances')
  const reason = useId()
  const name = useId()
  const lifetime = lifetimeSeconds(blueprint.config.maximum_lifetime)
  const extension = extensionSeconds(blueprint.config.maximum_extension)
  return (
    <Card component="article" aria-labelledby={name} pb="xs">
      <Stack gap="sm">
        <div>
          <Title order={3} id={name}>
            {blueprint.name}
          </Title>
          {blueprint.description && (
            <Text size="sm" c="dimmed" className={classes['description'] ?? ''}>
              {blueprint.description}
            </Text>
          )}
        </div>
        <dl className={classes['facts']}>
          <Fact icon={<IconCpu2 size={16} aria-hidden />} name={t.environment.memory} value={bytes(memoryBytes(blueprint.config.memory_limit))} />
          <Fact icon={<IconClock size={16} aria-hidden />} name={t.environment.lifetime} value={lifetimeWords(lifetime, extension)} />
        </dl>
        {launch.error && !refused && <RefusalAlert error={launch.error} />}
        <Button
          fullWidth
          leftSection={<IconRocket size={18} aria-hidden />}
          disabled={refused !== null}
          loading={launch.isPending}
          aria-describedby={reason}
          onClick={() => launch.mutate(blueprint.id)}
          ref={button}
        >
          {t.environment.launch}
        </Button>
        <Text size="xs" c="dimmed" id={reason} className={classes['reason'] ?? ''}>
          {refused}
        </Text>
      </Stack>
    </Card>
  )
}

function lifetimeWords(lifetime: number | null, extension: number): string {
  if (lifetime === null) return t.noEnd
  return extension > 0 ? t.environment.extendable(span(lifetime), span(lifetime + extension)) : span(lifetime)
}

function Fact({ icon, name, value }: { icon: React.ReactNode; name: string; value: string }) {
  return (
    <Group gap={6} wrap="nowrap" title={name}>
      {icon}
      <dt className={classes['term']}>{name}</dt>
      <dd className={classes['value']}>{value}</dd>
    </Group>
  )
}
