import { Alert, Button, Card, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import type { RJSFSchema, UiSchema } from '@rjsf/utils'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
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
import type { Template } from './exchange'

interface Props {
  plugin: Plugin
  /** The blueprint to change; none makes a new one. */
  known: Blueprint | undefined
  /** What a new one begins as; none: the plugin's defaults. */
  template?: Template | undefined
}

/** What the form edits begins as, and does not follow when somebody else changes it meanwhile. */
const draftOf = (plugin: Plugin, known: Blueprint | undefined, template?: Template) => {
  const from = known ?? template
  return { known, name: from?.name ?? '', description: from?.description ?? '', config: (from?.config ?? plugin.defaults) as BlueprintConfig }
}

export function BlueprintForm({ plugin, known, template }: Props) {
  const [draft, setDraft] = useState(() => draftOf(plugin, known, template))
  const [invalid, setInvalid] = useState(false)
  const [tries, setTries] = useState(0)
  const form = useRef<HTMLDivElement>(null)
  const save = useSaveBlueprint()
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
    if (!valid) save.reset()
  }
  const submit = (config: BlueprintConfig) => {
    const { name, description } = draft
    tried(!nameless)
    if (nameless) return
    save.mutate({ known: draft.known, draft: { name, description, plugin: plugin.name, config } }, { onSuccess: () => navigate('/configure') })
  }
  const showTheirs = () => {
    save.reset()
    setDraft(draftOf(plugin, known))
  }

  return (
    <Card p="xl" ref={form}>
      <Stack gap="lg">
        <TextInput
          label={t.blueprint.name}
          description={t.blueprint.nameHelp}
          withAsterisk
          aria-required
          maxLength={128}
          value={draft.name}
          error={tries > 0 && nameless ? t.blueprint.required : fields.get('name')}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <Textarea
          label={t.blueprint.description}
          description={t.blueprint.descriptionHelp}
          autosize
          minRows={2}
          maxLength={4096}
          value={draft.description}
          error={fields.get('description')}
          onChange={(event) => setDraft({ ...draft, description: event.currentTarget.value })}
        />
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
            <Footer isNew={!known} saving={save.isPending} onCancel={() => navigate('/configure')} />
          </Stack>
        </SchemaForm>
      </Stack>
    </Card>
  )
}

function Footer({ isNew, saving, onCancel }: { isNew: boolean; saving: boolean; onCancel: () => void }) {
  return (
    <Group justify="space-between">
      <Text size="xs" c="dimmed">
        {!isNew && t.blueprint.running}
      </Text>
      <Group>
        <Button variant="default" onClick={onCancel}>
          {t.cancel}
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
