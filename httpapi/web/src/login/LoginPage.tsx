import { Button, Card, Center, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { FormEvent } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { useLogin } from '../api/changes'
import { t } from '../i18n'
import { LanguageMenu } from '../language/LanguageChoice'
import { usePageFocus } from '../shell/focus'
import { RefusalAlert } from '../shell/RefusalAlert'
import { nextPath } from './next'

export function LoginPage() {
  useDocumentTitle(`${t.login.title} · ${t.product}`)
  usePageFocus() // its first field has it
  const login = useLogin()
  const navigate = useNavigate()
  const next = nextPath(useLocation().search)
  const toNotebook = next.startsWith('/open?')

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    login.mutate(
      { email: String(fields.get('email')), password: String(fields.get('password')) },
      // The way into a notebook is the server's, not a page of the UI.
      { onSuccess: () => (toNotebook ? location.replace(next) : navigate(next, { replace: true })) },
    )
  }

  return (
    <Center component="main" mih="100vh" p="md" style={{ flexDirection: 'column' }}>
      <Card w="100%" maw={400} p="xl" shadow="sm" radius="lg">
        <form onSubmit={submit}>
          <Stack gap="md">
            <Stack gap={4} align="center">
              <img src="/favicon.svg" alt="" width={48} height={48} />
              <Title order={1} mt="xs">
                {t.product}
              </Title>
              <Text c="dimmed" size="sm" ta="center">
                {toNotebook ? t.login.notebook : t.login.lead}
              </Text>
            </Stack>
            <TextInput label={t.login.email} name="email" type="text" inputMode="email" autoComplete="username" required withAsterisk={false} autoFocus />
            <PasswordInput label={t.login.password} name="password" autoComplete="current-password" required withAsterisk={false} />
            {login.error && <RefusalAlert error={login.error} />}
            <Button type="submit" fullWidth size="md" loading={login.isPending}>
              {t.login.submit}
            </Button>
          </Stack>
        </form>
      </Card>
      <Group mt="md">
        <LanguageMenu />
      </Group>
    </Center>
  )
}
