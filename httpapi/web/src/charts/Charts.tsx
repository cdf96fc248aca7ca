import { Group, NativeSelect, SegmentedControl, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { PoolHistory } from '../api/model'
import { poolHistoryQuery } from '../api/queries'
import { t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import { serverNow } from '../time/clock'
import classes from './Charts.module.css'
import { Figure } from './Figure'
import { looks, type Line } from './looks'
import { secondsOf, windowOf, withGaps, type HistorySpan, type StageName } from './series'
import { LaunchTable, PoolTable } from './Tables'

const spans = Object.entries(t.charts.spans).map(([value, label]) => ({ value, label }))
const stages = Object.entries(t.charts.stages).map(([value, label]) => ({ value, label }))

/** What the pool was like: slots, queue and hosts, launches. */
export default function Charts() {
  const [span, setSpan] = useState<HistorySpan>('hour')
  const { data: history, error, refetch } = useQuery(poolHistoryQuery(span))
  return (
    <Stack component="section" aria-labelledby="over-time" gap="sm">
      <Group justify="space-between">
        <Title order={2} id="over-time">
          {t.charts.title}
        </Title>
        <SegmentedControl size="xs" aria-label={t.charts.span} data={spans} value={span} onChange={(value) => setSpan(value as HistorySpan)} />
      </Group>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {history && <Figures history={history} />}
    </Stack>
  )
}

const count = (name: string, look: Line['look'], values: number[], drawn?: number[]): Line => ({ name, unit: 'count', look, values, ...(drawn && { drawn }) })

function Figures({ history }: { history: PoolHistory }) {
  const [stage, setStage] = useState<StageName>('launch')
  const { span } = history
  const series = useMemo(() => withGaps(history), [history])
  const window = useMemo(() => windowOf(history, serverNow() / 1000), [history])
  const slots = useMemo(
    () => [count(t.charts.used, looks.used, history.slots_used), count(t.charts.free, looks.free, history.slots_free), count(t.charts.target, looks.target, history.slot_target)],
    [history],
  )
  const queue = useMemo(() => [count(t.charts.queued, looks.queued, history.queued), count(t.charts.hosts, looks.hosts, history.hosts)], [history])
  const launches = useMemo(() => launchLines(history, stage), [history, stage])
  const shared = { series, span, window }
  const choice = (
    <NativeSelect size="xs" maw={260} label={t.charts.timeOf} value={stage} data={stages} onChange={(event) => setStage(event.currentTarget.value as StageName)} />
  )
  return (
    <div className={classes['charts']}>
      <Figure {...shared} title={t.charts.slots} lines={slots} table={<PoolTable label={t.charts.slots} history={history} show={['used', 'free', 'target']} />} />
      <Figure {...shared} title={t.charts.queueAndHosts} lines={queue} table={<PoolTable label={t.charts.queueAndHosts} history={history} show={['queued', 'hosts']} />} />
      <Figure
        {...shared}
        title={t.charts.launchesAndTimes}
        lines={launches}
        aside={choice}
        table={<LaunchTable label={t.charts.launchesAndTimes} history={history} stage={stage} />}
      />
    </div>
  )
}

/** Failures stand on the launches that came to run, which are drawn over them. */
function launchLines(history: PoolHistory, stage: StageName): Line[] {
  const { p50_seconds: p50, p90_seconds: p90 } = secondsOf(history, stage)
  const all = history.failures.map((failed, n) => failed + (history.launches[n] ?? 0))
  return [
    count(t.charts.failures, looks.failures, history.failures, all),
    count(t.charts.launches, looks.launches, history.launches),
    { name: t.charts.p50, unit: 'seconds', look: looks.p50, values: p50 },
    { name: t.charts.p90, unit: 'seconds', look: looks.p90, values: p90 },
  ]
}
