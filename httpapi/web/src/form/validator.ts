import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema'
import { toErrorSchema, type RJSFSchema, type RJSFValidationError, type ValidatorType } from '@rjsf/utils'
import { t } from '../i18n'

// The form library's own validator compiles schemas by eval, which our content
// policy forbids. This one interprets them.

function errorsOf(schema: RJSFSchema | boolean, data: unknown): OutputUnit[] {
  return new Validator(schema as Schema, '2020-12', false).validate(data ?? {}).errors
}

/**
 * Keywords that only say that something below them failed. The interpreter says
 * additionalProperties and false of every known property that fails, too; what
 * is really unknown the server refuses.
 */
const containers = new Set(['properties', 'items', 'allOf', '$ref', 'additionalProperties', 'false'])

const missingName = /property "([^"]+)"/

/** What a path of the data ("#/proxy_options/x") leads to in the schema, and in the data. */
function subject(schema: RJSFSchema, data: unknown, location: string) {
  const path = location.split('/').slice(1)
  let rules: RJSFSchema = schema
  let value = data
  for (const name of path) {
    rules = ((rules.properties?.[name] ?? rules.items) as RJSFSchema | undefined) ?? {}
    value = (value as Record<string, unknown> | undefined)?.[name]
  }
  return { name: path.at(-1) ?? '', rules, value: String(value) }
}

function wordsFor({ keyword, instanceLocation }: OutputUnit, schema: RJSFSchema, data: unknown): string {
  const { name, rules, value } = subject(schema, data, instanceLocation)
  switch (keyword) {
    case 'required':
    case 'minLength':
      return t.blueprint.required
    case 'minimum':
      return t.blueprint.tooSmall(rules.minimum ?? 0)
    case 'maximum':
      return t.blueprint.tooLarge(rules.maximum ?? 0)
    case 'maxLength':
      return t.blueprint.tooLong(rules.maxLength ?? 0)
    default:
      return t.blueprint.wrongField[name]?.(value) ?? t.blueprint.wrong(value, rules.description ?? '')
  }
}

/** "#/proxy_options/x" and the missing property's name as the library wants it: ".proxy_options.x". */
function propertyOf({ instanceLocation, keyword, error }: OutputUnit): string {
  const missing = keyword === 'required' ? missingName.exec(error)?.[1] : undefined
  const path = instanceLocation.slice(1).replaceAll('/', '.')
  return missing ? `${path}.${missing}` : path
}

function toFormError(unit: OutputUnit, schema: RJSFSchema, data: unknown): RJSFValidationError {
  const message = wordsFor(unit, schema, data)
  return { name: unit.keyword, property: propertyOf(unit), message, stack: message }
}

export const validator: ValidatorType = {
  validateFormData(data, schema) {
    const errors = errorsOf(schema, data)
      .filter(({ keyword }) => !containers.has(keyword))
      .map((unit) => toFormError(unit, schema, data))
    return { errors, errorSchema: toErrorSchema(errors) }
  },
  isValid: (schema, data) => errorsOf(schema, data).length === 0,
  rawValidation: (schema, data) => ({ errors: errorsOf(schema, data) as never[] }),
}

export default validator
