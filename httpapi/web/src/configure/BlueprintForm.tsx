import { Alert, Button, Card, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { RJSFSchema, UiSchema } from '@rjsf/utils'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState, type MouseEvent } from 'react'
import { useNavigate } from 'react-router'
import { useSaveBlueprint } from '../api/changes'
import { Refusal } from '../api/client'
import type { Blueprint, BlueprintConfig, Plugin } from '../api/model'
import { imagesQuery } from '../api/queries'
import { useFirstFault } from '../form/firstFault'
import { errorSchemaOf, refusedFields } from '../form/refused'
import { SchemaForm } from '../form/SchemaForm'
import { validator } from '../form/validator'
import { t } from '../i18n'
import { chosenNote } from '../images/chosen'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Configure.module.css'
import type { Template } from './exchange'
import { Preview } from './Preview'
import { useTestLaunch } from './useTestLaunch'

interface Props {
  plugin: Plugin
  /** The blueprint to change; none makes a new one. */
  known: Blueprint | undefined
  /** What a new one begins as; none: the plugin's defaults. */
  template?: Template | undefined
  /** Is told the id of a new one that the form goes on with. */
  onMade: (id: string) => void
}

/** What the form edits begins as, and does not follow when somebody else changes it meanwhile. */
const draftOf = (plugin: Plugin, known: Blueprint | undefined, template?: Template) => {
  const from = known ?? template
  return { known, name: from?.name ?? '', description: from?.description ?? '', config: (from?.config ?? plugin.defaults) as BlueprintConfig }
}

export function BlueprintForm({ plugin, known, template, onMade }: Props) {
  const [draft, setDraft] = useState(() => draftOf(plugin, known, template))
  const [invalid, setInvalid] = useState(false)
  const [tries, setTries] = useState(0)
  const form = useRef<HTMLDivElement>(null)
  const save = useSaveBlueprint()
  const trial = useTestLaunch()
  const tests = useRef(false) // what follows the save that was asked for
  const navigate = useNavigate()
  const fields = refusedFields(save.error)
  const conflict = save.error instanceof Refusal && save.error.code === 'EDIT_CONFLICT'

  const { data: images } = useQuery(imagesQuery)
  const note = images && chosenNote(images, draft.config.docker_image ?? '')
  const nameless = draft.name.trim() === ''
  useFirstFault(form, tries, save.error)
  const tried = (valid: boolean) => {
    setTries(tries + 1)
    setInvalid(!valid)
    trial.reset()
    if (!valid) {
      tests.current = false
      save.reset()
    }
  }
  const submit = (config: BlueprintConfig) => {
    const { name, description } = draft
    tried(!nameless)
    if (nameless) return
    const andTest = tests.current
    tests.current = false
    const onSuccess = (saved: Blueprint) => {
      if (!andTest) return void navigate('/configure')
      setDraft((now) => ({ ...now, known: saved }))
      onMade(saved.id)
      trial.test(saved.id)
    }
    save.mutate({ known: draft.known, draft: { name, description, plugin: plugin.name, config } }, { onSuccess })
  }
  const showTheirs = () => {
    save.reset()
    setDraft(draftOf(plugin, known))
  }

  return (
    <div className={classes['writing']}>
      <Card p="xl" ref={form}>
        <Stack gap="lg">
          <Words draft={draft} nameless={tries > 0 && nameless} refused={fields} onChange={(words) => setDraft({ ...draft, ...words })} />
          <SchemaForm
            idPrefix="config"
            schema={plugin.schema as RJSFSchema}
            uiSchema={plugin.ui_schema as UiSchema}
            validator={validator}
            formData={draft.config}
            formContext={{ notes: { docker_image: note } }}
            extraErrors={errorSchemaOf(fields, 'config.')}
            noHtml5Validate
            onChange={({ formData }) => setDraft({ ...draft, config: formData as BlueprintConfig })}
            onError={() => tried(false)}
            onSubmit={({ formData }) => submit(formData as BlueprintConfig)}
          >
            <Stack mt="xl">
              {invalid && (
                <Text role="alert" size="sm" c="var(--mantine-color-error)">
                  {t.blueprint.invalid}
                </Text>
              )}
              {conflict ? <Conflict onReload={showTheirs} /> : save.error && <RefusalAlert error={save.error} />}
              {trial.error && <RefusalAlert error={trial.error} lead={t.trying.saved} />}
              <Footer isNew={!draft.known} saving={save.isPending} testing={trial.isPending} onTest={() => (tests.current = true)} onCancel={() => navigate('/configure')} />
            </Stack>
          </SchemaForm>
        </Stack>
      </Card>
      <Preview name={draft.name} description={draft.description} config={draft.config} />
    </div>
  )
}

interface WordsProps {
  draft: { name: string; description: string }
  /** The name is missed. */
  nameless: boolean
  refused: ReadonlyMap<string, string>
  onChange: (words: { name?: string; description?: string }) => void
}

/** What users read of it. */
function Words({ draft, nameless, refused, onChange }: WordsProps) {
  return (
    <>
      <TextInput
        label={t.blueprint.name}
        description={t.blueprint.nameHelp}
        withAsterisk
        aria-required
        maxLength={128}
        value={draft.name}
        error={nameless ? t.blueprint.required : refused.get('name')}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Textarea
        label={t.blueprint.description}
        description={t.blueprint.descriptionHelp}
        autosize
        minRows={2}
        maxLength={4096}
        value={draft.description}
        error={refused.get('description')}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
    </>
  )
}

interface FooterProps {
  isNew: boolean
  saving: boolean
  testing: boolean
  /** Is called before the form is submitted for a test. */
  onTest: () => void
  onCancel: () => void
}

function Footer({ isNew, saving, testing, onTest, onCancel }: FooterProps) {
  const saveAndTest = (event: MouseEvent<HTMLButtonElement>) => {
    onTest()
    event.currentTarget.form?.requestSubmit()
  }
  return (
    <Group justify="space-between">
      <Text size="xs" c="dimmed">
        {!isNew && t.blueprint.running}
      </Text>
      <Group>
        <Button variant="default" onClick={onCancel}>
          {t.cancel}
        </Button>
        <Button variant="default" title={t.trying.testTitle} loading={testing} onClick={saveAndTest}>
          {isNew ? t.trying.createAndTest : t.trying.saveAndTest}
        </Button>
        <Button type="submit" loading={saving}>
          {isNew ? t.blueprint.create : t.blueprint.save}
        </Button>
      </Group>
    </Group>
  )
}

function Conflict({ onReload }: { onReload: () => void }) {
  return (
    <Alert color="orange" role="alert">
      <Text size="sm" fw={600}>
        {t.blueprint.editConflict}
      </Text>
      <Button mt="sm" size="xs" variant="default" onClick={onReload}>
        {t.blueprint.editConflictReload}
      </Button>
    </Alert>
  )
}
