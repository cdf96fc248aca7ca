import type { Values } from './series'

export type Scheme = 'light' | 'dark'

/** How a line is told from the others: by its colour, and by its shape or dashes for who does not see that. */
export interface Look {
  shape: 'area' | 'step' | 'bars' | 'points'
  colours: Record<Scheme, string>
  dash?: [number, number]
}

/** One thing that a chart shows. */
export interface Line {
  name: string
  unit: 'count' | 'seconds'
  look: Look
  values: Values
  /** What is drawn where that differs: bars that stand on others. */
  drawn?: Values
}

const blue = { light: '#1d6f9f', dark: '#74b7e3' }
const green = { light: '#2b8a3e', dark: '#69db7c' }
const orange = { light: '#b35900', dark: '#ffa94d' }
const violet = { light: '#6741d9', dark: '#b197fc' }
const red = { light: '#c92a2a', dark: '#ff8787' }

export const looks = {
  used: { shape: 'area', colours: blue },
  free: { shape: 'step', colours: green },
  target: { shape: 'step', colours: orange, dash: [5, 4] },
  queued: { shape: 'area', colours: orange },
  hosts: { shape: 'step', colours: violet },
  launches: { shape: 'bars', colours: blue },
  failures: { shape: 'bars', colours: red },
  p50: { shape: 'points', colours: green },
  p90: { shape: 'points', colours: violet, dash: [5, 4] },
} satisfies Record<string, Look>

/** Colours of axes, as the page has them (theme.ts, page.css). */
export const axisColours: Record<Scheme, { words: string; lines: string }> = {
  light: { words: '#566070', lines: '#dfe4ea' },
  dark: { words: '#a3abb6', lines: '#424242' },
}
