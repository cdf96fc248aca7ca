import { Card, Group, Text, Title, useComputedColorScheme } from '@mantine/core'
import { useCallback, useState, type ReactNode } from 'react'
import { locale, t } from '../i18n'
import classes from './Charts.module.css'
import type { Line, Look } from './looks'
import { Plot } from './Plot'
import type { HistorySpan, Series } from './series'
import { pointWords, valueWords } from './words'

interface Props {
  title: string
  lines: Line[]
  series: Series
  span: HistorySpan
  window: [number, number]
  /** Beside the title. */
  aside?: ReactNode
  /** The same in words. */
  table: ReactNode
}

/** A chart with its title, the values where the pointer is (else the newest), and itself as a table. */
export function Figure({ title, lines, series, span, window, aside, table }: Props) {
  const [hovered, setHovered] = useState<number | null>(null)
  const [open, setOpen] = useState(false)
  const onHover = useCallback((place: number | null) => setHovered(place), [])
  const last = series.times.length - 1
  const at = hovered !== null && hovered <= last ? hovered : last
  const time = series.times[at]
  return (
    <Card component="figure" className={classes['figure'] ?? ''} padding="md">
      <figcaption>
        <Group justify="space-between" gap="xs" wrap="nowrap" align="start">
          <Title order={3}>{title}</Title>
          <Text size="xs" c="dimmed" className={`${classes['at']} numbers`}>
            {at === last || time === undefined ? t.charts.now : pointWords(time, span, { locale })}
          </Text>
        </Group>
        {aside}
        <ul className={classes['legend']} data-wide={lines.some(({ unit }) => unit === 'seconds') || undefined}>
          {lines.map((line) => (
            <li key={line.name}>
              <Swatch look={line.look} />
              {line.name}
              <strong className="numbers">{valueWords(line.values[series.places[at] ?? -1] ?? null, line.unit)}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      <div className={classes['picture']}>
        <Plot lines={lines} series={series} span={span} window={window} onHover={onHover} />
        {last < 0 && (
          <Text size="sm" c="dimmed" className={classes['empty'] ?? ''}>
            {t.charts.empty}
          </Text>
        )}
      </div>
      <details className={classes['fold']} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.charts.asTable(title)}</summary>
        {open && table}
      </details>
    </Card>
  )
}

/** How the line looks in the chart. */
function Swatch({ look }: { look: Look }) {
  const colour = look.colours[useComputedColorScheme('light', { getInitialValueInEffect: false })]
  return (
    <svg width="22" height="12" className={classes['swatch']} aria-hidden>
      {look.shape === 'bars' && <rect x="7" width="8" height="12" fill={colour} />}
      {look.shape === 'area' && <rect y="3" width="22" height="9" fill={colour} opacity="0.25" />}
      {look.shape !== 'bars' && <line x1="0" x2="22" y1="3" y2="3" stroke={colour} strokeWidth="2" strokeDasharray={look.dash?.join(' ')} />}
      {look.shape === 'points' && <circle cx="11" cy="3" r="3" fill={colour} />}
    </svg>
  )
}
