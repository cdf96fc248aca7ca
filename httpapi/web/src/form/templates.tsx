import { Autocomplete, defaultOptionsFilter, Fieldset, Stack, Text, TextInput, type OptionsFilter } from '@mantine/core'
import type { BaseInputTemplateProps, FieldTemplateProps, ObjectFieldTemplateProps, RJSFSchema, TemplatesType } from '@rjsf/utils'
import { getInputProps } from '@rjsf/utils'
import type { ChangeEvent, ReactNode } from 'react'
import classes from './Form.module.css'
import { textOf } from './widgets'

/** What a form says of fields beside what their schema does, by the name of the field. */
export interface Notes {
  notes?: Record<string, string | undefined>
}

/** All there are while the field holds one of them, as it does when it is opened. */
const suggested: OptionsFilter = (input) => {
  const chosen = input.options.some((option) => 'value' in option && option.value === input.search)
  return chosen ? input.options : (defaultOptionsFilter(input) as typeof input.options)
}

/** A line of text or a number; with the schema's examples as suggestions. */
function BaseInput(props: BaseInputTemplateProps) {
  const { id, name, htmlName, registry, schema, value, disabled, readonly, autofocus, onChange, onBlur, onFocus, options, type } = props
  const input = getInputProps(schema, type, options)
  const words = textOf(props)
  const note = (registry.formContext as Notes | undefined)?.notes?.[name]
  const field = {
    id,
    name: htmlName ?? id,
    ...words,
    description: note ? <Noted help={words.description} note={note} /> : words.description,
    value: value === undefined || value === null ? '' : String(value),
    disabled,
    readOnly: readonly,
    autoFocus: autofocus,
    onBlur: () => onBlur(id, value),
    onFocus: () => onFocus(id, value),
  }
  const set = (text: string) => onChange(text === '' ? options.emptyValue : text)
  const examples = Array.isArray(schema.examples) ? [...new Set(schema.examples.map(String))] : []
  if (examples.length > 0) return <Autocomplete {...field} data={examples} filter={suggested} onChange={set} comboboxProps={{ shadow: 'md' }} />
  return (
    <TextInput
      {...field}
      className={isLong(schema) ? (classes['wide'] ?? '') : ''}
      type={input.type}
      step={input.step}
      min={input.min}
      max={input.max}
      onChange={(event: ChangeEvent<HTMLInputElement>) => set(event.currentTarget.value)}
    />
  )
}

function Noted({ help, note }: { help: ReactNode; note: string }) {
  return (
    <>
      {help}{' '}
      <Text component="span" display="block" size="sm" c="var(--mantine-color-error)">
        {note}
      </Text>
    </>
  )
}

/** Characters from which a text needs a whole line of the form. */
const longText = 1000

const isLong = ({ type, maxLength = 0 }: RJSFSchema) => type === 'string' && maxLength >= longText

/** Widgets bring their own label, help and error; the field only hides what is hidden. */
function Field({ hidden, children }: FieldTemplateProps) {
  return hidden ? <div hidden>{children}</div> : children
}

function ObjectField({ title, description, properties, fieldPathId }: ObjectFieldTemplateProps) {
  const fields = properties.filter(({ hidden }) => !hidden).map(({ content }) => content)
  if (fieldPathId.path.length === 0) return <div className={classes['grid']}>{fields}</div>
  return (
    <Fieldset legend={<span lang="en">{title}</span>} className={classes['wide'] ?? ''}>
      <Stack gap="md">
        {typeof description === 'string' && (
          <Text size="xs" c="dimmed" lang="en">
            {description}
          </Text>
        )}
        {fields}
      </Stack>
    </Fieldset>
  )
}

const Nothing = () => null

export const templates: Partial<TemplatesType> = {
  BaseInputTemplate: BaseInput,
  FieldTemplate: Field,
  ObjectFieldTemplate: ObjectField,
  ErrorListTemplate: Nothing,
}
