import { Button, Card, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { AnnouncementsSection } from '../announcements/AnnouncementsSection'
import { blueprintsQuery, pluginsQuery, variablesQuery } from '../api/queries'
import { locale, t } from '../i18n'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { BlueprintCard } from './BlueprintCard'
import { ImportButton } from './ImportButton'
import { SharedOrigin } from './SharedOrigin'
import { VariablesTable } from './VariablesTable'

export default function ConfigurePage() {
  return (
    <Stack gap="lg">
      <PageTitle>{t.configure.title}</PageTitle>
      <SharedOrigin />
      <Stack gap={40}>
        <Plugins />
        <Blueprints />
        <AnnouncementsSection />
        <Variables />
      </Stack>
    </Stack>
  )
}

function Plugins() {
  const { data: plugins, error, refetch } = useQuery(pluginsQuery)
  return (
    <Stack component="section" aria-labelledby="plugins" gap="sm">
      <Title order={2} id="plugins">
        {t.configure.plugins}
      </Title>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!plugins && !error && <Skeleton h={84} />}
      {plugins?.length === 0 && <Text c="dimmed">{t.configure.noPlugins}</Text>}
      {plugins?.map(({ name }) => (
        <Card key={name} component="article" aria-label={name}>
          <Group justify="space-between">
            <div>
              <Title order={3}>{name}</Title>
              <Text size="sm" c="dimmed">
                {t.configure.pluginMeaning[name]}
              </Text>
            </div>
            <CreateLink plugin={name} />
          </Group>
        </Card>
      ))}
    </Stack>
  )
}

function CreateLink({ plugin }: { plugin: string }) {
  return (
    <Button component={Link} to={`/configure/plugins/${encodeURIComponent(plugin)}/new`} role="button" leftSection={<IconPlus size={18} aria-hidden />}>
      {t.configure.createBlueprint}
    </Button>
  )
}

function Blueprints() {
  const { data: blueprints, error, refetch } = useQuery(blueprintsQuery)
  const { data: plugins } = useQuery(pluginsQuery)
  const sorted = (blueprints ?? []).toSorted((a, b) => a.name.localeCompare(b.name, locale))
  return (
    <Stack component="section" aria-labelledby="blueprints" gap="sm">
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={2} id="blueprints" tabIndex={-1}>
            {t.configure.blueprints}
          </Title>
          <Text size="sm" c="dimmed">
            {t.configure.blueprintsLead}
          </Text>
        </div>
        {plugins && <ImportButton plugins={plugins} />}
      </Group>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!blueprints && !error && <Skeleton h={120} />}
      {blueprints?.length === 0 && <Text c="dimmed">{t.configure.noBlueprints}</Text>}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {sorted.map((blueprint) => (
          <BlueprintCard key={blueprint.id} blueprint={blueprint} />
        ))}
      </SimpleGrid>
    </Stack>
  )
}

function Variables() {
  const { data: variables, error, refetch } = useQuery(variablesQuery)
  return (
    <Stack component="section" aria-labelledby="variables" gap="sm">
      <div>
        <Title order={2} id="variables">
          {t.variables.title}
        </Title>
        <Text size="sm" c="dimmed">
          {t.variables.lead}
        </Text>
      </div>
      {error && <RefusalAlert error={error} onRetry={() => void refetch()} />}
      {!variables && !error && <Skeleton h={240} />}
      {variables && <VariablesTable variables={variables} />}
    </Stack>
  )
}
