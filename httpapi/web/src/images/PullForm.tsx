import { Button, Card, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useStartPull } from '../api/changes'
import { refusedFields } from '../form/refused'
import { t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Images.module.css'

/** Asks for an image from a registry; what is refused is told where it was written. */
export function PullForm() {
  const [reference, setReference] = useState('')
  const [platform, setPlatform] = useState('')
  const start = useStartPull()
  const fields = refusedFields(start.error)
  const inPlace = fields.has('reference') || fields.has('platform')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    start.mutate({ reference: reference.trim(), platform: platform.trim() }, { onSuccess: () => setReference('') })
  }
  return (
    <Card>
      <form onSubmit={submit} className={classes['form']}>
        <TextInput
          label={t.images.pull.reference}
          placeholder={t.images.pull.referenceExample}
          classNames={{ input: 'mono' }}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
          value={reference}
          error={fields.get('reference')}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
        <TextInput
          label={t.images.pull.platform}
          placeholder={t.images.pull.platformExample}
          classNames={{ input: 'mono' }}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={platform}
          error={fields.get('platform')}
          onChange={(event) => setPlatform(event.currentTarget.value)}
        />
        <Button type="submit" loading={start.isPending}>
          {t.images.pull.submit}
        </Button>
      </form>
      {start.error && !inPlace && <RefusalAlert error={start.error} mt="sm" />}
    </Card>
  )
}
