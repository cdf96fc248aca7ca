import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { IconBandage } from '@tabler/icons-react'
import { useRetryActor } from '../api/changes'
import type { PoolStatus } from '../api/model'
import { locale, t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import { serverNow } from '../time/clock'
import { clockTime } from '../time/duration'

/** What failed again and again and rests, what that means, and the way back. */
export function SetAside({ pool }: { pool: PoolStatus }) {
  return (
    <Stack component="section" aria-labelledby="set-aside" gap="xs">
      <Title order={2} id="set-aside">
        {t.pool.setAside}
      </Title>
      {pool.set_aside.map((actor) => (
        <Actor key={actor.actor} actor={actor} />
      ))}
    </Stack>
  )
}

function Actor({ actor }: { actor: PoolStatus['set_aside'][number] }) {
  const retry = useRetryActor()
  return (
    <Alert color="orange" variant="light" role="alert" icon={<IconBandage aria-hidden />}>
      <Text size="sm" fw={600}>
        <span className="mono">{actor.actor}</span>: {t.pool.restsSince(actor.reason, clockTime(actor.at, serverNow(), locale))}
      </Text>
      <Text size="sm" lang="en">{actor.hint}</Text>
      {actor.error && (
        <Text size="sm" className="mono" lang="en">
          {actor.error}
        </Text>
      )}
      {retry.error && <RefusalAlert error={retry.error} />}
      {!actor.is_retried && (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={() => retry.mutate(actor.actor)} loading={retry.isPending} aria-label={t.pool.tryAgain(actor.actor)}>
            {t.pool.tryAgain('')}
          </Button>
        </Group>
      )}
    </Alert>
  )
}
