import { Button, Card, Group, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useResumePool } from '../api/changes'
import type { Drain, PoolStatus } from '../api/model'
import { locale, t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import { useNow } from '../time/clock'
import { clockTime, left, secondsUntil } from '../time/duration'
import { DrainModal } from './DrainModal'
import { Waits } from './Waits'

/** Shutdown mode on the pool page: begun, followed, changed and taken back. */
export function DrainSection({ pool }: { pool: PoolStatus }) {
  const [asked, ask] = useDisclosure()
  const resume = useResumePool()
  const runs = pool.state === 'running'
  return (
    <Card component="section" aria-labelledby="drain">
      <Stack gap="sm">
        <Title order={2} id="drain">
          {t.drain.title}
        </Title>
        <Text size="sm">{runs ? t.drain.runs : pool.state === 'drained' ? t.drain.drained : t.drain.drains}</Text>
        {pool.drain && pool.state === 'draining' && <Progress drain={pool.drain} />}
        {resume.error && <RefusalAlert error={resume.error} />}
        <Group gap="sm">
          {runs ? (
            <Button variant="default" onClick={ask.open}>
              {t.drain.begin}
            </Button>
          ) : (
            <>
              <Button onClick={() => resume.mutate()} loading={resume.isPending}>
                {t.drain.resume}
              </Button>
              {pool.state === 'draining' && (
                <Button variant="default" onClick={ask.open}>
                  {t.drain.change}
                </Button>
              )}
            </>
          )}
        </Group>
      </Stack>
      <DrainModal begins={runs} opened={asked} onClose={ask.close} />
    </Card>
  )
}

function Progress({ drain }: { drain: Drain }) {
  const now = useNow()
  const { deadline } = drain
  return (
    <>
      <Text size="sm" fw={550} className="numbers">
        {t.drain.waitsFor(drain.hosts_left, drain.instances_left)} {deadline ? deadlineWords(deadline, now) : t.drain.noDeadline}
      </Text>
      <Waits drain={drain} />
    </>
  )
}

function deadlineWords(deadline: string, now: number): string {
  const seconds = secondsUntil(deadline, now)
  const time = clockTime(deadline, now, locale)
  return seconds > 0 ? t.drain.deadline(time, left(seconds)) : t.drain.over(time)
}
