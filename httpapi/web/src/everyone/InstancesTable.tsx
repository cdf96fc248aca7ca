import { Button, Checkbox, Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { Instance } from '../api/model'
import { locale, t } from '../i18n'
import { StateBadge } from '../instance/StateBadge'
import { useNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Everyone.module.css'
import { canEnd, cell, type Column, type Order } from './rows'

const columns: Column[] = ['name', 'environment', 'user', 'state', 'host', 'created', 'ends']

/** Height of a row in pixels; a phone shows each instance in several lines. */
const rowHeight = { wide: 44, phone: 176 }

interface Props {
  instances: Instance[]
  hosts: Map<string, string>
  order: Order
  onOrder: (order: Order) => void
  chosen: ReadonlySet<string>
  onPick: (instances: Instance[], on: boolean) => void
  onLogs: (instance: Instance) => void
}

/** A table of any length: only the rows in sight are in the page. */
export function InstancesTable({ instances, hosts, order, onOrder, chosen, onPick, onLogs }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const height = matchMedia('(max-width: 48em)').matches ? rowHeight.phone : rowHeight.wide
  // oxlint-disable-next-line react/incompatible-library -- what it returns is used here alone, anew with each render
  const virtual = useVirtualizer({ count: instances.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 10, getItemKey: (n) => instances[n]?.id ?? n })
  const sort = (by: Column) => onOrder({ by, down: order.by === by && !order.down })
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div ref={box} className={classes['box']} tabIndex={0} role="region" aria-label={t.everyone.title}>
      <div role="table" aria-label={t.everyone.title} aria-rowcount={instances.length + 1} className={classes['table']}>
        <div role="row" aria-rowindex={1} className={classes['head']}>
          <span role="columnheader">
            <VisuallyHidden>{t.everyone.columns.chosen}</VisuallyHidden>
          </span>
          {columns.map((column) => (
            <span key={column} role="columnheader" aria-sort={order.by === column ? (order.down ? 'descending' : 'ascending') : 'none'}>
              <UnstyledButton onClick={() => sort(column)} aria-label={t.everyone.sortBy(t.everyone.columns[column])} className={classes['sort'] ?? ''}>
                {t.everyone.columns[column]} {order.by === column && <span aria-hidden>{order.down ? '↓' : '↑'}</span>}
              </UnstyledButton>
            </span>
          ))}
          <span role="columnheader">
            <VisuallyHidden>{t.everyone.columns.acts}</VisuallyHidden>
          </span>
        </div>
        <div role="rowgroup" className={classes['rows']} ref={(element) => element?.style.setProperty('height', `${virtual.getTotalSize()}px`)}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const instance = instances[index]
            return instance && <Row key={instance.id} instance={instance} index={index} start={start} hosts={hosts} chosen={chosen.has(instance.id)} onPick={onPick} onLogs={onLogs} />
          })}
        </div>
      </div>
    </div>
  )
}

interface RowProps extends Pick<Props, 'hosts' | 'onPick' | 'onLogs'> {
  instance: Instance
  index: number
  start: number
  chosen: boolean
}

function Row({ instance, index, start, hosts, chosen, onPick, onLogs }: RowProps) {
  return (
    <div role="row" aria-rowindex={index + 2} data-state={instance.state} className={classes['row']} ref={(element) => element?.style.setProperty('translate', `0 ${start}px`)}>
      <span role="cell">
        <Checkbox aria-label={t.everyone.choose(instance.name)} checked={chosen && canEnd(instance)} disabled={!canEnd(instance)} onChange={(event) => onPick([instance], event.currentTarget.checked)} />
      </span>
      {columns.map((column) => (
        <span key={column} role="cell" data-column={column} title={cell(instance, column, hosts)}>
          <Cell instance={instance} column={column} hosts={hosts} />
        </span>
      ))}
      <span role="cell" className={classes['acts']}>
        {instance.state === 'running' && (
          <Button component="a" href={instance.url} target="_blank" rel="noopener" size="compact-xs" variant="default" aria-label={t.visit.openOf(instance.name)}>
            {t.visit.short}
          </Button>
        )}
        <Button size="compact-xs" variant="default" onClick={() => onLogs(instance)} aria-label={t.everyone.logsOf(instance.name)}>
          {t.everyone.logs}
        </Button>
      </span>
    </div>
  )
}

function Cell({ instance, column, hosts }: { instance: Instance; column: Column; hosts: Map<string, string> }) {
  const now = useNow()
  if (column === 'state') return <StateBadge state={instance.state} />
  const text = cell(instance, column, hosts)
  if (column !== 'created' && column !== 'ends') return <>{text}</>
  if (!text) return <Text size="sm" c="dimmed" component="span">{column === 'ends' ? t.everyone.endless : ''}</Text>
  return (
    <time dateTime={text} title={fullTime(text, locale)} className="numbers">
      {clockTime(text, now, locale)}
    </time>
  )
}
