import { Button, Card, Group, Select, Text, Textarea, TextInput, UnstyledButton } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { useSetVariable } from '../api/changes'
import { Refusal } from '../api/client'
import type { Variable } from '../api/model'
import { locale, t } from '../i18n'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'
import classes from './Configure.module.css'

export function VariablesTable({ variables }: { variables: Variable[] }) {
  return (
    <Card p={0}>
      <table className={classes['table']}>
        <thead>
          <tr>
            <th scope="col">{t.variables.key}</th>
            <th scope="col">{t.variables.value}</th>
            <th scope="col">{t.variables.meaning}</th>
            <th scope="col">{t.variables.changed}</th>
          </tr>
        </thead>
        {groups(variables).map(([group, members]) => (
          <tbody key={group}>
            <tr>
              <th scope="rowgroup" colSpan={4} className={classes['group']} lang="en">
                {group}
              </th>
            </tr>
            {members.map((variable) => (
              <Row key={variable.key} variable={variable} />
            ))}
          </tbody>
        ))}
      </table>
    </Card>
  )
}

/** Variables by their group, in the order of each group's first. */
function groups(variables: Variable[]): [string, Variable[]][] {
  const byGroup = new Map<string, Variable[]>()
  for (const variable of variables) byGroup.set(variable.group, [...(byGroup.get(variable.group) ?? []), variable])
  return [...byGroup]
}

function Row({ variable }: { variable: Variable }) {
  return (
    <tr>
      <th scope="row" className="mono">
        {variable.key}
      </th>
      <td className={classes['valueCell']}>
        <Value variable={variable} />
      </td>
      <td className={classes['meaning']}>
        <span lang="en">{variable.meaning}</span>
        <Text size="xs" c="dimmed" mt={2}>
          {t.variables.types[variable.type]}, {t.variables.default.toLowerCase()}{' '}
          <span className="mono">{variable.default || t.variables.empty}</span>
        </Text>
      </td>
      <td>
        <Text size="xs" c="dimmed">
          {variable.updated_at ? (
            <time dateTime={variable.updated_at} title={fullTime(variable.updated_at, locale)}>
              {t.variables.by(clockTime(variable.updated_at, serverNow(), locale), variable.updated_by)}
            </time>
          ) : (
            t.never
          )}
        </Text>
      </td>
    </tr>
  )
}

/** Most characters of a value that are read out as a button's name. */
const maxSpoken = 80

const brief = (value: string): string => (value.length > maxSpoken ? `${value.slice(0, maxSpoken)}…` : value)

/** A value that becomes a field when it is clicked. */
function Value({ variable }: { variable: Variable }) {
  const [edits, setEdits] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(false)
  useEffect(() => {
    if (wasEditing.current && !edits) button.current?.focus()
    wasEditing.current = edits
  }, [edits])
  if (edits) return <ValueForm variable={variable} onDone={() => setEdits(false)} />
  return (
    <UnstyledButton ref={button} className={classes['value'] ?? ''} aria-label={t.variables.edit(variable.key, brief(variable.value) || t.variables.empty)} onClick={() => setEdits(true)}>
      <span className={`mono ${classes['shown']}`}>{variable.value || t.variables.empty}</span>
      <IconPencil size={14} aria-hidden />
    </UnstyledButton>
  )
}

function ValueForm({ variable, onDone }: { variable: Variable; onDone: () => void }) {
  const [value, setValue] = useState(variable.value)
  const set = useSetVariable()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set.mutate({ key: variable.key, version: variable.version, value }, { onSuccess: onDone })
  }
  const leave = (event: KeyboardEvent) => {
    // Lines that somebody wrote are not thrown away by one key.
    const written = variable.type === 'text' && value !== variable.value
    if (event.key === 'Escape' && !written) onDone()
  }
  const field = { 'aria-label': t.variables.valueOf(variable.key), error: refusalWords(set.error, variable), autoFocus: true }
  return (
    // The form only listens for Escape, which leaves the field.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form onSubmit={submit} onKeyDown={leave}>
      {variable.type === 'bool' ? (
        <Select {...field} size="sm" data={['True', 'False']} value={value} allowDeselect={false} onChange={(chosen) => setValue(chosen ?? value)} />
      ) : variable.type === 'text' ? (
        <Textarea {...field} size="sm" classNames={{ input: 'mono' }} minRows={6} autosize maxRows={20} value={value} onChange={(event) => setValue(event.currentTarget.value)} />
      ) : (
        <TextInput {...field} size="sm" value={value} inputMode={variable.type === 'int' ? 'numeric' : 'text'} onChange={(event) => setValue(event.currentTarget.value)} />
      )}
      <Group gap="xs" mt="xs">
        <Button type="submit" size="compact-sm" loading={set.isPending}>
          {t.variables.save}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onDone}>
          {t.variables.cancel}
        </Button>
      </Group>
    </form>
  )
}

function refusalWords(error: Error | null, variable: Variable): string | undefined {
  if (!error) return undefined
  if (!(error instanceof Refusal)) return error.message
  if (error.code === 'EDIT_CONFLICT') return `${t.variables.conflict} (${variable.value || t.variables.empty})`
  return [error.problem.detail, error.hint].filter(Boolean).join(' ')
}
