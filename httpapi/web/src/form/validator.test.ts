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
    proxy_options: { type: 'object' as const, properties: { set_host_header: { type: 'boolean' as const, description: 'On or off.' } } },
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
  test('says what does fit', () => {
    const wrong = { docker_image: '', internal_port: 70000, memory_limit: 'abc', proxy_options: { set_host_header: 'x' } }
    expect(validator.validateFormData(wrong, schema).errors.map(({ message }) => message)).toEqual([
      'This field is needed.',
      'The most is 65535.',
      '“abc” is not an amount. Write a number and a unit, such as 512m or 2g.',
      '“x” does not fit. On or off.',
    ])
  })
  test('names fields of fields', () => {
    const { errorSchema } = validator.validateFormData({ docker_image: 'a', internal_port: 1, proxy_options: { set_host_header: 'x' } }, schema)
    expect(errorSchema).toMatchObject({ proxy_options: { set_host_header: { __errors: [expect.any(String)] } } })
  })
})
