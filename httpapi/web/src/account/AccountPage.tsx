import { Card, Stack, Text, Title } from '@mantine/core'
import type { Me } from '../api/model'
import { t } from '../i18n'
import { NotifySwitch } from '../notice/NotifySwitch'
import { PageTitle } from '../shell/PageTitle'
import { NewToken } from './NewToken'
import { TokensTable } from './TokensTable'

/** The reader's own account: what programs log in with in their name. */
export default function AccountPage({ me }: { me: Me }) {
  return (
    <Stack gap="lg" maw={860} mx="auto">
      <div>
        <PageTitle>{t.account.title}</PageTitle>
        <Text size="sm" c="dimmed">
          {me.email}
        </Text>
      </div>
      <Card component="section" aria-labelledby="tokens" p="xl">
        <Stack gap="lg">
          <div>
            <Title order={2} id="tokens" tabIndex={-1}>
              {t.account.tokens}
            </Title>
            <Text size="sm" c="dimmed">
              {t.account.lead}
            </Text>
          </div>
          <NewToken />
          <TokensTable />
        </Stack>
      </Card>
      <NotifySwitch />
    </Stack>
  )
}
