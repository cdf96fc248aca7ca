import { describe, expect, test } from 'vitest'
import { validator } from './validator'

const schema = {
  type: 'object' as const,
  additionalProperties: false,
  required: ['docker_image', 'internal_port'],
  properties: {
    docker_image: { type: 'string' as const, minLength: 1 },
    internal_port: { type: 'integer' as const, minimum: 1, maximum: 65535 },
    memory_limit: { type: 'string' as const, pattern: '^\\d+[mg]$' },
    proxy_options: { type: 'object' as const, properties: { set_host_header: { type: 'boolean' as const } } },
  },
}

const faults = (data: object) => validator.validateFormData(data, schema).errors.map(({ property, name }) => `${property} ${name}`)

describe('a blueprint’s configuration', () => {
  test('that fits has no faults', () => {
    expect(faults({ docker_image: 'a', internal_port: 8787, memory_limit: '512m', proxy_options: { set_host_header: true } })).toEqual([])
  })
  test('names the field that is missing', () => {
    expect(faults({ internal_port: 1 })).toEqual(['.docker_image required'])
  })
  test('names the field that does not fit, once', () => {
    expect(faults({ docker_image: 'a', internal_port: 0, memory_limit: 'abc' })).toEqual(['.internal_port minimum', '.memory_limit pattern'])
  })
  test('names fields of fields', () => {
    const { errorSchema } = validator.validateFormData({ docker_image: 'a', internal_port: 1, proxy_options: { set_host_header: 'x' } }, schema)
    expect(errorSchema).toMatchObject({ proxy_options: { set_host_header: { __errors: [expect.any(String)] } } })
  })
})
