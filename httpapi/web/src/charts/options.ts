import uPlot from 'uplot'
import { locale } from '../i18n'
import { span as spanWords } from '../time/duration'
import { axisColours, type Line, type Scheme } from './looks'
import type { HistorySpan } from './series'
import { tickWords } from './words'

/** Height of a chart in pixels; its place is as high before it is there (Charts.module.css). */
export const height = 180

const hour = 3600
/** Seconds between two times at the axis, from which those that fit are taken. */
const ticks: Record<HistorySpan, number[]> = {
  hour: [300, 600, 900, 1800],
  day: [hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour, 12 * hour],
  week: [24 * hour, 48 * hour],
}
const wholes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]

/** Axes begin at 0, and are not so small that one looks like many. */
const least = { count: 4, seconds: 5 }

type Hover = (place: number | null) => void

/** What a chart library needs to draw lines; window and hover are asked anew each time. */
export function optionsOf(lines: Line[], span: HistorySpan, scheme: Scheme, width: number, window: () => [number, number], hover: Hover): uPlot.Options {
  const { words, lines: grid } = axisColours[scheme]
  const axis = { stroke: words, font: '12px system-ui, sans-serif', ticks: { stroke: grid, width: 1, size: 4 }, grid: { stroke: grid, width: 1 } }
  const scale = (unit: Line['unit']): uPlot.Scale => ({ range: (_, __, most) => [0, Math.max(least[unit], Math.ceil((most ?? 0) * 1.1))] })
  const hasSeconds = lines.some(({ unit }) => unit === 'seconds')
  return {
    width,
    height,
    legend: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: 'pool' } },
    scales: { x: { time: true, range: window }, count: scale('count'), ...(hasSeconds && { seconds: scale('seconds') }) },
    axes: [
      { ...axis, incrs: ticks[span], space: 56, size: 28, values: (_, splits) => splits.map((at) => tickWords(at, span, { locale })) },
      { ...axis, scale: 'count', incrs: wholes, size: 40, values: (_, splits) => splits.map(String) },
      ...(hasSeconds ? [{ ...axis, scale: 'seconds', side: 1, incrs: wholes, size: 58, grid: { show: false }, values: (_: uPlot, splits: number[]) => splits.map(spanWords) }] : []),
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, scheme))],
    hooks: { setCursor: [(plot) => hover(plot.cursor.idx ?? null)] },
  }
}

function seriesOf({ name, unit, look }: Line, scheme: Scheme): uPlot.Series {
  const colour = look.colours[scheme]
  const common = { label: name, scale: unit, stroke: colour, width: 1.5, ...(look.dash && { dash: look.dash }) }
  switch (look.shape) {
    case 'bars':
      return { ...common, width: 0, fill: colour, points: { show: false }, ...pathsOf(uPlot.paths.bars?.({ size: [0.8, 12, 2], align: 1 })) }
    case 'points':
      return { ...common, spanGaps: true, points: { show: true, size: 5, fill: colour } }
    default:
      return {
        ...common,
        ...(look.shape === 'area' && { fill: `${colour}33` }),
        // One alone would be a line without a length.
        points: { show: (_, __, from, to) => to - from < 2, size: 4, fill: colour },
        ...pathsOf(uPlot.paths.stepped?.({ align: 1 })),
      }
  }
}

const pathsOf = (paths: uPlot.Series.PathBuilder | undefined) => (paths ? { paths } : {})
