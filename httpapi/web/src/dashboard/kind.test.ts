import { expect, test } from 'vitest'
import { kindOf, type Kind } from './kind'

test.each<[string, Kind]>([
  ['RStudio rocker/rstudio:4.4', 'statistics'],
  ['Data analysis jupyter/r-notebook', 'notebook'],
  ['Course app registry.example.org/shiny-server', 'app'],
  ['Web editor codercom/code-server', 'editor'],
  ['Linux desktop kasm', 'desktop'],
  ['PostgreSQL adminer', 'data'],
  ['A terminal tsl0922/ttyd', 'terminal'],
  ['Dashing algorithms example', 'other'],
  ['', 'other'],
])('“%s” is a %s', (words, kind) => {
  expect(kindOf(words)).toBe(kind)
})
