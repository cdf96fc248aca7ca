import { Button, Checkbox, Group, SegmentedControl, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useMemo, useState } from 'react'
import type { Instance } from '../api/model'
import { everyInstanceQuery, hostsQuery } from '../api/queries'
import { t } from '../i18n'
import { LogsModal } from '../instance/LogsModal'
import { useFocusHome } from '../shell/focus'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { DestroyManyModal } from './DestroyManyModal'
import { InstancesTable } from './InstancesTable'
import { canEnd, rows, type Order } from './rows'

/** Everybody's instances, for administrators. */
export default function InstancesPage() {
  const { data: all, error, refetch } = useQuery(everyInstanceQuery)
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <PageTitle>{t.everyone.title}</PageTitle>
        <Text size="sm" c="dimmed">
          {t.everyone.lead}
        </Text>
      </Stack>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!all && !error && <Skeleton h={240} />}
      {all && <Listing all={all} />}
    </Stack>
  )
}

const searchID = 'search'

/** There only when something is chosen; with the last one the focus goes to the search. */
function DestroyChosen({ many, onAsk }: { many: number; onAsk: () => void }) {
  const box = useFocusHome<HTMLDivElement>(searchID)
  return (
    <div ref={box}>
      <Button size="xs" color="red.9" onClick={onAsk}>
        {t.everyone.destroy(many)}
      </Button>
    </div>
  )
}

function Listing({ all }: { all: Instance[] }) {
  const { data: hosts } = useQuery(hostsQuery)
  const [words, setWords] = useState('')
  const [which, setWhich] = useState<'live' | 'all'>('live')
  const [order, setOrder] = useState<Order>({ by: 'created', down: true })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asks, setAsks] = useState(false)
  const [logsOf, setLogsOf] = useState<Instance | null>(null)
  const late = useDeferredValue(words) // typing stays quick with thousands of rows
  const names = useMemo(() => new Map(hosts?.map(({ id, name }) => [id, name])), [hosts])
  const shown = useMemo(() => rows(all, names, { words: late, live: which === 'live' }, order), [all, names, late, which, order])
  const endable = shown.filter(canEnd)
  const picked = endable.filter(({ id }) => chosen.has(id)) // what is hidden by the search is not destroyed with the rest
  const pick = (instances: Instance[], on: boolean) =>
    setChosen((now) => {
      const next = new Set(now)
      for (const { id } of instances) if (on) next.add(id)
        else next.delete(id)
      return next
    })
  return (
    <Stack gap="sm">
      <Group gap="sm" align="end">
        <TextInput id={searchID} label={t.everyone.search} placeholder={t.everyone.searchExample} value={words} onChange={(event) => setWords(event.currentTarget.value)} type="search" flex="1 1 16rem" />
        <SegmentedControl aria-label={t.everyone.state} value={which} onChange={(value) => setWhich(value as 'live' | 'all')} data={Object.entries(t.everyone.states).map(([value, label]) => ({ value, label }))} />
      </Group>
      <Group gap="sm" justify="space-between" mih={36}>
        <Group gap="sm">
          <Checkbox
            label={t.everyone.chooseAll}
            checked={endable.length > 0 && picked.length === endable.length}
            indeterminate={picked.length > 0 && picked.length < endable.length}
            disabled={endable.length === 0}
            onChange={(event) => pick(endable, event.currentTarget.checked)}
          />
          <Text size="sm" c="dimmed" role="status" className="numbers">
            {t.everyone.shown(shown.length, all.length)}
            {picked.length > 0 && `, ${t.everyone.chosen(picked.length)}`}
          </Text>
        </Group>
        {picked.length > 0 && <DestroyChosen many={picked.length} onAsk={() => setAsks(true)} />}
      </Group>
      {shown.length === 0 ? (
        <Text c="dimmed">{t.everyone.none}</Text>
      ) : (
        <InstancesTable instances={shown} hosts={names} order={order} onOrder={setOrder} chosen={chosen} onPick={pick} onLogs={setLogsOf} />
      )}
      <DestroyManyModal instances={picked} opened={asks} onClose={() => setAsks(false)} onEnded={(ended) => pick(ended, false)} />
      {logsOf && <LogsModal instance={logsOf} opened onClose={() => setLogsOf(null)} />}
    </Stack>
  )
}
