import { Button, Card, Group, Loader, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState, type FormEvent } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { useVisit } from '../api/changes'
import type { Instance, Me } from '../api/model'
import { instanceQuery } from '../api/queries'
import { refusedFields } from '../form/refused'
import { t } from '../i18n'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'

/** Asks an administrator why they open somebody else's notebook: the way into it (GET /open) leads here. */
export default function VisitPage({ me }: { me: Me }) {
  const { id = '' } = useParams()
  const { data: instance, error, refetch } = useQuery(instanceQuery(id))
  const own = instance?.user_id === me.id
  useEffect(() => {
    if (own) location.replace(instance.url)
  }, [own, instance?.url])
  if (instance && !own) return <Ask key={id} instance={instance} />
  if (error) return <RefusalAlert error={error} onRetry={() => void refetch()} />
  return <Loader aria-label={t.loading} role="status" />
}

function Ask({ instance }: { instance: Instance }) {
  const running = instance.state === 'running'
  return (
    <Card maw={560} mx="auto" w="100%" p="xl">
      <Stack>
        <PageTitle tab={t.visit.tab}>{t.visit.title(instance.name)}</PageTitle>
        {running ? <Reason instance={instance} /> : <Text>{t.visit.notRunning(instance.name)}</Text>}
        {!running && (
          <Button component={Link} to="/instances" variant="default">
            {t.visit.back}
          </Button>
        )}
      </Stack>
    </Card>
  )
}

function Reason({ instance }: { instance: Instance }) {
  const [query] = useSearchParams()
  const [reason, setReason] = useState('')
  const visit = useVisit()
  const inPlace = refusedFields(visit.error).get('reason')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const way = { reason, browser: query.get('browser') ?? '', path: query.get('path') ?? '' }
    visit.mutate({ id: instance.id, ...way }, { onSuccess: ({ url }) => location.replace(url) })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{t.visit.lead(instance.user || t.visit.gone)}</Text>
        <TextInput
          label={t.visit.reason}
          placeholder={t.visit.reasonExample}
          required
          withAsterisk={false}
          autoComplete="off"
          maxLength={300}
          value={reason}
          error={inPlace}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {visit.error && !inPlace && <RefusalAlert error={visit.error} />}
        <Group>
          <Button type="submit" loading={visit.isPending || visit.isSuccess}>
            {t.visit.open}
          </Button>
          <Button component={Link} to="/instances" variant="default">
            {t.visit.back}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
