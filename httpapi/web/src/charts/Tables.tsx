import { Table, Text } from '@mantine/core'
import type { PoolHistory } from '../api/model'
import { locale, t } from '../i18n'
import classes from './Charts.module.css'
import { launchRows, poolRows, type PoolRow } from './rows'
import type { StageName } from './series'
import { rowWords, valueWords } from './words'

/** Most launches that a table lists. */
const most = 100

interface ColumnsProps {
  label: string
  columns: string[]
  rows: { from: number; to: number; cells: string[] }[]
  history: PoolHistory
}

function Columns({ label, columns, rows, history }: ColumnsProps) {
  return (
    <Table.ScrollContainer minWidth={0} maxHeight={320}>
      <Table aria-label={label} verticalSpacing={4} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {[t.charts.time, ...columns].map((name) => (
              <Table.Th scope="col" key={name}>
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="numbers">
          {rows.map(({ from, to, cells }) => (
            <Table.Tr key={from}>
              <Table.Th scope="row" fw={400} className={classes['row'] ?? ''}>
                {rowWords(from, to, history.span, { locale })}
              </Table.Th>
              {cells.map((cell, n) => (
                <Table.Td key={columns[n]}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

type Extreme = keyof typeof t.charts.extremes

/** Some of what the pool was like, in rows of several points. */
export function PoolTable({ label, history, show }: { label: string; history: PoolHistory; show: Extreme[] }) {
  const cellsOf = (row: PoolRow) => show.map((name) => String(row[name]))
  const rows = poolRows(history).map((row) => ({ from: row.from, to: row.to, cells: cellsOf(row) }))
  return <Columns label={label} columns={show.map((name) => t.charts.extremes[name])} rows={rows} history={history} />
}

/** The points in which there were launches. */
export function LaunchTable({ label, history, stage }: { label: string; history: PoolHistory; stage: StageName }) {
  const all = launchRows(history, stage)
  if (all.length === 0) return <Text size="sm">{t.charts.noLaunches}</Text>
  const rows = all.slice(0, most).map(({ from, to, launches, failures, p50, p90 }) => {
    const cells = [String(launches), String(failures), valueWords(p50, 'seconds'), valueWords(p90, 'seconds')]
    return { from, to, cells }
  })
  const { launches, failures, p50, p90 } = t.charts.launchesOf
  return (
    <>
      <Columns label={label} columns={[launches, failures, p50, p90]} rows={rows} history={history} />
      {all.length > most && <Text size="sm">{t.charts.leftOut(all.length - most)}</Text>}
    </>
  )
}
