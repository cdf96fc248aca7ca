import type { ErrorSchema } from '@rjsf/utils'
import { Refusal } from '../api/client'

/** What the server refused, by the dotted name of the field. */
export function refusedFields(error: Error | null): Map<string, string> {
  const fields = new Map<string, string>()
  if (!(error instanceof Refusal)) return fields
  const { field, detail, hint, errors = [] } = error.problem
  for (const fault of errors) fields.set(fault.field, fault.message)
  if (field) fields.set(field, [detail, hint].filter(Boolean).join(' '))
  return fields
}

/** The refusals of fields under a prefix, in the shape that the form wants. */
export function errorSchemaOf(fields: Map<string, string>, prefix: string): ErrorSchema {
  const root: ErrorSchema = {}
  for (const [field, message] of fields) {
    if (!field.startsWith(prefix)) continue
    let at: ErrorSchema = root
    for (const part of field.slice(prefix.length).split('.')) {
      const next: ErrorSchema = (at[part] as ErrorSchema | undefined) ?? {}
      Object.assign(at, { [part]: next })
      at = next
    }
    at.__errors = [message]
  }
  return root
}
