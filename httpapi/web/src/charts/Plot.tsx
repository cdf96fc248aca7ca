import 'uplot/dist/uPlot.min.css'
import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import classes from './Charts.module.css'
import type { Line } from './looks'
import { height, optionsOf } from './options'
import { valuesAt, type HistorySpan, type Series } from './series'

interface Props {
  lines: Line[]
  series: Series
  span: HistorySpan
  /** From when to when, in seconds since 1970. */
  window: [number, number]
  /** Told the place in the series that the pointer is at; null: nowhere. */
  onHover: (place: number | null) => void
}

/**
 * Draws lines over time; which ones it draws never changes, only their values. It
 * is a picture: what it shows must be told in words beside it.
 */
export function Plot(props: Props) {
  const { lines, series, span, onHover } = props
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const latest = useRef(props)
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false })

  useEffect(() => {
    latest.current = props
  })

  useEffect(() => {
    const place = box.current
    if (!place) return undefined
    const now = latest.current
    const drawn = new uPlot(optionsOf(now.lines, span, scheme, place.clientWidth, () => latest.current.window, onHover), dataOf(now.lines, now.series), place)
    plot.current = drawn
    const resized = new ResizeObserver(() => drawn.setSize({ width: place.clientWidth, height }))
    resized.observe(place)
    return () => {
      resized.disconnect()
      plot.current = null
      drawn.destroy()
    }
  }, [span, scheme, onHover])

  useEffect(() => plot.current?.setData(dataOf(lines, series)), [lines, series])

  return <div ref={box} className={classes['plot']} aria-hidden />
}

const dataOf = (lines: Line[], series: Series): uPlot.AlignedData => [series.times, ...lines.map(({ values, drawn }) => valuesAt(series, drawn ?? values))]
