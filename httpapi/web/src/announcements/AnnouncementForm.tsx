import { Alert, Button, Group, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useRef, useState, type FormEvent } from 'react'
import { useSaveAnnouncement } from '../api/changes'
import { Refusal } from '../api/client'
import type { Announcement } from '../api/model'
import { useFirstFault } from '../form/firstFault'
import { refusedFields } from '../form/refused'
import { t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Announcements.module.css'
import { draftOf, writtenOf, zone, type Draft } from './period'

interface Props {
  /** The announcement to change, as it is now; none makes a new one. */
  latest: Announcement | undefined
  onDone: () => void
}

const begun = (known: Announcement | undefined) => ({ known, draft: draftOf(known) })

export function AnnouncementForm({ latest, onDone }: Props) {
  // What is written does not follow when somebody else changes it meanwhile.
  const [{ known, draft }, begin] = useState(() => begun(latest))
  const form = useRef<HTMLFormElement>(null)
  const save = useSaveAnnouncement()
  const fields = refusedFields(save.error)
  useFirstFault(form, 0, save.error)
  const edit = (part: Partial<Draft>) => begin({ known, draft: { ...draft, ...part } })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ known, draft: writtenOf(draft, known) }, { onSuccess: onDone })
  }
  const refused = save.error instanceof Refusal && save.error.code === 'EDIT_CONFLICT'
  const changed = !save.isPending && !save.isSuccess && latest !== undefined && latest.version !== known?.version
  const showTheirs = () => {
    save.reset()
    begin(begun(latest))
  }
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <Stack>
        <Textarea label={t.announcements.text} description={t.announcements.textHelp} data-autofocus autosize minRows={3} maxRows={12} maxLength={500} aria-required withAsterisk value={draft.text} error={fields.get('text')} onChange={(event) => edit({ text: event.currentTarget.value })} />
        <Radio.Group label={t.announcements.level} description={t.announcements.levelHelp} value={draft.level} error={fields.get('level')} onChange={(level) => edit({ level: level as Draft['level'] })}>
          <Group mt="xs">
            {(Object.entries(t.announcements.levels) as [Draft['level'], string][]).map(([value, words]) => (
              <Radio key={value} value={value} label={words} />
            ))}
          </Group>
        </Radio.Group>
        <div className={classes['form']}>
          <TextInput type="datetime-local" label={t.announcements.from} description={t.announcements.fromHelp(zone())} value={draft.from} error={fields.get('from')} onChange={(event) => edit({ from: event.currentTarget.value })} />
          <TextInput type="datetime-local" label={t.announcements.until} description={t.announcements.untilHelp(zone())} value={draft.until} error={fields.get('until')} onChange={(event) => edit({ until: event.currentTarget.value })} />
        </div>
        {(refused || changed) && <Conflict latest={latest} onReload={showTheirs} />}
        {save.error && !refused && fields.size === 0 && <RefusalAlert error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t.cancel}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {known ? t.save : t.announcements.publish}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Conflict({ latest, onReload }: { latest: Announcement | undefined; onReload: () => void }) {
  return (
    <Alert color="orange" role="alert">
      <Text size="sm" fw={600}>
        {t.announcements.conflict}
      </Text>
      <Text size="sm" className={classes['text'] ?? ''} dir="auto">
        {latest?.text}
      </Text>
      <Button mt="sm" size="xs" variant="default" onClick={onReload}>
        {t.announcements.conflictReload}
      </Button>
    </Alert>
  )
}
