import { Anchor, Loader, Stack } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation, useParams, useSearchParams } from 'react-router'
import { blueprintsQuery, pluginsQuery } from '../api/queries'
import { t } from '../i18n'
import { Missing } from '../shell/Missing'
import { PageTitle } from '../shell/PageTitle'
import { RefusalAlert } from '../shell/RefusalAlert'
import { BlueprintForm } from './BlueprintForm'
import { templateOf, type Template } from './exchange'

/** Creates a blueprint for a plugin, or changes one. */
export default function BlueprintPage() {
  const { plugin: pluginName, id: asked } = useParams()
  const [made, setMade] = useState<string>() // by the form, which goes on with it
  const id = asked ?? made
  const [query] = useSearchParams()
  const brought = (useLocation().state as { template?: Template } | null)?.template
  const plugins = useQuery(pluginsQuery)
  const blueprints = useQuery(blueprintsQuery)
  const error = plugins.error ?? blueprints.error
  if (error) return <RefusalAlert error={error} onRetry={() => void Promise.all([plugins.refetch(), blueprints.refetch()])} />
  if (!plugins.data || !blueprints.data) return <Loader aria-label={t.loading} role="status" />

  const known = blueprints.data.find((blueprint) => blueprint.id === id)
  if (id && !known) return <Missing words={t.blueprint.missing} />
  const name = known?.plugin ?? pluginName ?? ''
  const plugin = plugins.data.find((candidate) => candidate.name === name)
  if (!plugin) return <Missing words={t.blueprint.noPlugin(name)} />
  const original = blueprints.data.find((blueprint) => blueprint.id === query.get('copy'))
  const template = original ? { ...templateOf(original), name: t.exchange.copyOf(original.name) } : brought
  return (
    <Stack gap="lg" maw={1180} mx="auto">
      <Anchor component={Link} to="/configure" size="sm">
        <IconArrowLeft size={14} aria-hidden /> {t.blueprint.back}
      </Anchor>
      <PageTitle>{known ? t.blueprint.editTitle(known.name) : t.blueprint.createTitle(plugin.name)}</PageTitle>
      <BlueprintForm plugin={plugin} known={known} template={template} onMade={setMade} />
    </Stack>
  )
}
