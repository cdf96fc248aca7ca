import { Button, Card, Stack, Title } from '@mantine/core'
import { IconRocket } from '@tabler/icons-react'
import { useId } from 'react'
import type { BlueprintConfig } from '../api/model'
import { EnvironmentLook } from '../dashboard/EnvironmentLook'
import { t } from '../i18n'
import classes from './Configure.module.css'

interface Props {
  name: string
  description: string
  config: BlueprintConfig
}

/** The environment's card as users will see it, while its blueprint is still being written. */
export function Preview({ name, description, config }: Props) {
  const heading = useId()
  const card = useId()
  return (
    <Stack component="section" gap="sm" aria-labelledby={heading} className={classes['preview'] ?? ''}>
      <Title order={2} size="h4" id={heading}>
        {t.trying.preview}
      </Title>
      <Card component="article" aria-labelledby={card}>
        <Stack gap="sm">
          <EnvironmentLook id={card} name={name.trim() || t.blueprint.name} description={description} config={config} />
          <Button fullWidth leftSection={<IconRocket size={18} aria-hidden />} disabled>
            {t.environment.launch}
          </Button>
        </Stack>
      </Card>
    </Stack>
  )
}
