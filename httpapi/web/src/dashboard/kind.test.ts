import { expect, test } from 'vitest'
import { kindOf, type Kind } from './kind'

test.each<[string, string, Kind]>([
  ['RStudio', 'example/notebook:1', 'statistics'],
  ['R for statistics', 'demo-notebook', 'statistics'],
  ['Data analysis', 'jupyter/r-notebook', 'notebook'],
  ['Course app', 'registry.example.org/shiny-server', 'app'],
  ['Web editor', 'codercom/code-server', 'editor'],
  ['Linux desktop', 'kasm', 'desktop'],
  ['PostgreSQL', 'adminer', 'data'],
  ['A terminal', 'tsl0922/ttyd', 'terminal'],
  ['Dashing algorithms', 'example', 'other'],
  ['', '', 'other'],
])('“%s” of %s is a %s', (name, image, kind) => {
  expect(kindOf(name, image)).toBe(kind)
})
