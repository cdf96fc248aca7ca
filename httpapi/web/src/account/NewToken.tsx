import { Alert, Button, CopyButton, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useCreateToken } from '../api/changes'
import { refusedFields } from '../form/refused'
import { t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Account.module.css'

/** How long a token may last, as the server reads it. */
const lifetimes = ['1d', '7d', '30d', '90d', '365d', '0m'] as const

/** Makes a token, and shows its secret this once. */
export function NewToken() {
  const [name, setName] = useState('')
  const [expiresIn, setExpiresIn] = useState<string>('30d')
  const create = useCreateToken()
  const fields = refusedFields(create.error)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    create.mutate({ name, expires_in: expiresIn }, { onSuccess: () => setName('') })
  }
  return (
    <Stack>
      <form onSubmit={submit}>
        <div className={classes['fields']}>
          <TextInput label={t.account.name} placeholder={t.account.nameExample} maxLength={128} required withAsterisk={false} value={name} error={fields.get('name')} onChange={(event) => setName(event.currentTarget.value)} />
          <Select label={t.account.expiry} allowDeselect={false} data={lifetimes.map((value) => ({ value, label: t.account.lifetimes[value] }))} value={expiresIn} onChange={(value) => value && setExpiresIn(value)} />
          <Button type="submit" loading={create.isPending}>
            {t.account.create}
          </Button>
        </div>
      </form>
      {create.error && fields.size === 0 && <RefusalAlert error={create.error} />}
      {create.data && <Secret name={create.data.name} token={create.data.token} />}
    </Stack>
  )
}

function Secret({ name, token }: { name: string; token: string }) {
  return (
    <Alert color="green" role="status">
      <Stack gap="xs">
        <Text size="sm" fw={600}>
          {t.account.made(name)}
        </Text>
        <Text size="sm">{t.account.once}</Text>
        <Group gap="sm">
          <Text size="sm" component="code" className="mono" aria-label={t.account.secret}>
            {token}
          </Text>
          <CopyButton value={token}>
            {({ copied, copy }) => (
              <Button size="compact-sm" variant="default" onClick={copy}>
                {copied ? t.copied : t.copy}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Alert>
  )
}
