import { Group, Text, ThemeIcon, Title } from '@mantine/core'
import { IconClock, IconCpu2 } from '@tabler/icons-react'
import type { BlueprintConfig } from '../api/model'
import { t } from '../i18n'
import { bytes, memoryBytes } from '../size/bytes'
import { extensionSeconds, lifetimeSeconds, span } from '../time/duration'
import classes from './Dashboard.module.css'
import { Icon } from './Icon'

interface Props {
  /** The id of its heading. */
  id: string
  name: string
  description: string
  config: BlueprintConfig
}

/** What users see of an environment before they launch it. */
export function EnvironmentLook({ id, name, description, config }: Props) {
  const lifetime = lifetimeSeconds(config.maximum_lifetime)
  const extension = extensionSeconds(config.maximum_extension)
  return (
    <>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <ThemeIcon variant="light" size={38} radius="md" aria-hidden>
          <Icon words={`${name} ${config.docker_image ?? ''}`} />
        </ThemeIcon>
        <div>
          <Title order={3} id={id} className={classes['name'] ?? ''}>
            {name}
          </Title>
          {description && (
            <Text size="sm" c="dimmed" className={classes['description'] ?? ''}>
              {description}
            </Text>
          )}
        </div>
      </Group>
      <dl className={classes['facts']}>
        <Fact icon={<IconCpu2 size={16} aria-hidden />} name={t.environment.memory} value={bytes(memoryBytes(config.memory_limit))} />
        <Fact icon={<IconClock size={16} aria-hidden />} name={t.environment.lifetime} value={lifetimeWords(lifetime, extension)} />
      </dl>
    </>
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
