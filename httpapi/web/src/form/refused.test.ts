import { beforeAll, expect, test, vi } from 'vitest'

let forms: typeof import('./refused')
let client: typeof import('../api/client')

beforeAll(async () => {
  vi.stubGlobal('location', { origin: 'http://localhost' }) // the API client asks where it is
  client = await import('../api/client')
  forms = await import('./refused')
})

test('a refused field is told in its place, with what to do', () => {
  const fields = forms.refusedFields(new client.Refusal(422, { detail: 'It is not an amount.', hint: 'Write 512m.', field: 'config.memory_limit' }))
  expect(forms.errorSchemaOf(fields, 'config.')).toEqual({ memory_limit: { __errors: ['It is not an amount. Write 512m.'] } })
})

test('several refused fields are all told, fields of fields too', () => {
  const errors = [
    { field: 'name', message: 'none' },
    { field: 'config.proxy_options.x', message: 'unknown' },
    { field: 'config.proxy_options.y', message: 'unknown too' },
  ]
  const fields = forms.refusedFields(new client.Refusal(422, { detail: 'Two fields.', errors }))
  expect(fields.get('name')).toBe('none')
  expect(forms.errorSchemaOf(fields, 'config.')).toEqual({ proxy_options: { x: { __errors: ['unknown'] }, y: { __errors: ['unknown too'] } } })
})

test('an error without fields has none', () => {
  expect(forms.refusedFields(new Error('x')).size).toBe(0)
})
