import { describe, expect, test } from 'vitest'
import type { Blueprint } from '../api/model'
import { exported, fileName, imported, templateOf } from './exchange'

const blueprint = {
  id: 'b1', name: 'RStudio 4.4', description: 'For the course', plugin: 'DockerDriver', is_enabled: true, version: 7, created_at: null, updated_at: null,
  config: { docker_image: 'rocker/rstudio:4.4', internal_port: 8787, environment_vars: 'A=ä\nB=2' },
} as unknown as Blueprint

describe('a blueprint’s file', () => {
  test('brings back what it was made from, without what belongs to one server', () => {
    expect(imported(exported(blueprint))).toEqual(templateOf(blueprint))
    expect(exported(blueprint)).not.toContain('is_enabled')
  })
  test.each([
    ['no JSON', 'name: RStudio', 'json'],
    ['JSON of something else', '{"name":"RStudio"}', 'format'],
    ['of a later format', '{"format":"dockerdriver.blueprint/2"}', 'format'],
    ['a list', '[]', 'format'],
    ['cut short by hand', '{"format":"dockerdriver.blueprint/1","name":"x","plugin":"DockerDriver","config":[]}', 'incomplete'],
  ])('that is %s is refused', (_, text, fault) => expect(imported(text)).toBe(fault))
  test.each([
    ['RStudio 4.4', 'RStudio-4.4.blueprint.json'],
    ['../../etc/passwd', 'etc-passwd.blueprint.json'],
    ['Äly & data', 'Äly-data.blueprint.json'],
    ['///', 'blueprint.blueprint.json'],
  ])('of %s has a harmless name', (name, file) => expect(fileName({ ...blueprint, name })).toBe(file))
})
