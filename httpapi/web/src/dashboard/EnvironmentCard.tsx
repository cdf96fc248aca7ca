import { Button, Card, Stack, Text } from '@mantine/core'
import { IconRocket } from '@tabler/icons-react'
import { useId } from 'react'
import { useLaunch } from '../api/changes'
import type { Blueprint } from '../api/model'
import { t } from '../i18n'
import { useFocusWhenOff } from '../shell/focus'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Dashboard.module.css'
import { EnvironmentLook } from './EnvironmentLook'

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
  return (
    <Card component="article" aria-labelledby={name} pb="xs">
      <Stack gap="sm">
        <EnvironmentLook id={name} name={blueprint.name} description={blueprint.description} config={blueprint.config} />
        {launch.error && !refused && <RefusalAlert error={launch.error} />}
        <Button
          fullWidth
          leftSection={<IconRocket size={18} aria-hidden />}
          disabled={refused !== null}
          loading={launch.isPending}
          aria-describedby={reason}
          onClick={() => launch.mutate({ blueprintID: blueprint.id })}
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
