import { Button, Loader, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRevokeToken } from '../api/changes'
import type { Token } from '../api/model'
import { tokensQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { useFocusHome } from '../shell/focus'
import { RefusalAlert } from '../shell/RefusalAlert'
import { serverNow } from '../time/clock'
import { clockTime, fullTime } from '../time/duration'

/** The reader's tokens, and the end of each. */
export function TokensTable() {
  const { data: tokens, error, refetch } = useQuery(tokensQuery)
  if (error) return <RefusalAlert error={error} onRetry={() => void refetch()} />
  if (!tokens) return <Loader aria-label={t.loading} role="status" />
  if (tokens.length === 0) return <Text size="sm">{t.account.noTokens}</Text>
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table aria-label={t.account.tokens} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.account.name}</Table.Th>
            <Table.Th scope="col">{t.account.created}</Table.Th>
            <Table.Th scope="col">{t.account.ends}</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {tokens.map((token) => (
            <Row key={token.id} token={token} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Row({ token }: { token: Token }) {
  const revoke = useRevokeToken()
  const box = useFocusHome<HTMLTableRowElement>('tokens')
  return (
    <Table.Tr ref={box}>
      <Table.Th scope="row" fw={550}>
        {token.name}
        {revoke.error && <RefusalAlert error={revoke.error} mt="xs" />}
      </Table.Th>
      <Table.Td>{token.created_at && <Time at={token.created_at} />}</Table.Td>
      <Table.Td>{token.expires_at ? <Time at={token.expires_at} /> : t.account.lifetimes['0m']}</Table.Td>
      <Table.Td ta="right">
        <Button size="xs" variant="subtle" color="red" c="var(--mantine-color-error)" loading={revoke.isPending} onClick={() => revoke.mutate(token.id)} aria-label={t.account.revokeOf(token.name)}>
          {t.account.revoke}
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}

function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={fullTime(at, locale)} className="numbers">
      {clockTime(at, serverNow(), locale)}
    </time>
  )
}
