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

function wordsFor({ keyword, error }: OutputUnit): string {
  if (keyword === 'required') return t.blueprint.required
  if (keyword === 'minimum' || keyword === 'maximum') return error
  return t.blueprint.wrong
}

/** "#/proxy_options/x" and the missing property's name as the library wants it: ".proxy_options.x". */
function propertyOf({ instanceLocation, keyword, error }: OutputUnit): string {
  const missing = keyword === 'required' ? missingName.exec(error)?.[1] : undefined
  const path = instanceLocation.slice(1).replaceAll('/', '.')
  return missing ? `${path}.${missing}` : path
}

function toFormError(unit: OutputUnit): RJSFValidationError {
  const message = wordsFor(unit)
  return { name: unit.keyword, property: propertyOf(unit), message, stack: message }
}

export const validator: ValidatorType = {
  validateFormData(data, schema) {
    const errors = errorsOf(schema, data)
      .filter(({ keyword }) => !containers.has(keyword))
      .map(toFormError)
    return { errors, errorSchema: toErrorSchema(errors) }
  },
  isValid: (schema, data) => errorsOf(schema, data).length === 0,
  rawValidation: (schema, data) => ({ errors: errorsOf(schema, data) as never[] }),
}

export default validator
