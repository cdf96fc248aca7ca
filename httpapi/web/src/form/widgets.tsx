import { Checkbox, Group, Select, Textarea } from '@mantine/core'
import type { InputWrapperProps } from '@mantine/core'
import type { RegistryWidgetsType, WidgetProps } from '@rjsf/utils'
import classes from './Form.module.css'

type InputWrapperOrder = NonNullable<InputWrapperProps['inputWrapperOrder']>

interface Labelled {
  label: string
  required?: boolean | undefined
  hideLabel?: boolean | undefined
  schema: WidgetProps['schema']
  rawErrors?: string[] | undefined
}

/** Label, help and error of a field, as the component library takes them. */
export function textOf({ label, required, hideLabel, schema, rawErrors }: Labelled) {
  return {
    // The schema is the server's, in English.
    label: hideLabel ? undefined : <span lang="en">{label}</span>,
    description: schema.description && <span lang="en">{schema.description}</span>,
    // The form checks; the browser's own bubbles would be a second voice.
    withAsterisk: required === true,
    'aria-required': required === true,
    error: rawErrors && rawErrors.length > 0 ? rawErrors.join(' ') : undefined,
    // Fields beside each other stay level, however long their help is.
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as InputWrapperOrder,
  }
}

function TextareaWidget(props: WidgetProps) {
  const { id, htmlName, value, disabled, readonly, onChange, options } = props
  return (
    <Textarea
      id={id}
      name={htmlName ?? id}
      {...textOf(props)}
      className={classes['wide'] ?? ''}
      value={typeof value === 'string' ? value : ''}
      disabled={disabled ?? false}
      readOnly={readonly ?? false}
      rows={typeof options.rows === 'number' ? options.rows : 4}
      onChange={(event) => onChange(event.currentTarget.value || options.emptyValue)}
    />
  )
}

function CheckboxWidget(props: WidgetProps) {
  const { id, htmlName, value, disabled, onChange } = props
  const { withAsterisk: _, inputWrapperOrder: __, 'aria-required': required, ...text } = textOf(props)
  return (
    <Checkbox
      id={id}
      name={htmlName ?? id}
      {...text}
      aria-required={required}
      className={classes['check'] ?? ''}
      checked={value === true}
      disabled={disabled ?? false}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  )
}

const choicesOf = ({ options }: WidgetProps) => (options.enumOptions ?? []).map((option) => ({ value: String(option.value), label: option.label }))

function CheckboxesWidget(props: WidgetProps) {
  const { 'aria-required': _, inputWrapperOrder: __, ...text } = textOf(props)
  return (
    <Checkbox.Group
      {...text}
      className={classes['wide'] ?? ''}
      value={Array.isArray(props.value) ? props.value.map(String) : []}
      onChange={(chosen) => props.onChange(chosen)}
    >
      <Group gap="md" mt="xs">
        {choicesOf(props).map(({ value, label }) => (
          <Checkbox key={value} value={value} label={label} disabled={props.disabled ?? false} />
        ))}
      </Group>
    </Checkbox.Group>
  )
}

function SelectWidget(props: WidgetProps) {
  const { id, value, disabled, required, onChange, options } = props
  const pick = (chosen: string | null) => {
    const option = options.enumOptions?.find((candidate) => String(candidate.value) === chosen)
    onChange(option ? option.value : options.emptyValue)
  }
  return (
    <Select
      id={id}
      {...textOf(props)}
      data={choicesOf(props)}
      value={value === undefined || value === null ? null : String(value)}
      disabled={disabled ?? false}
      clearable={!required}
      onChange={pick}
    />
  )
}

export const widgets: RegistryWidgetsType = { TextareaWidget, CheckboxWidget, CheckboxesWidget, SelectWidget }
