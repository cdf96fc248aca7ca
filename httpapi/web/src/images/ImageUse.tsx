import { Anchor, Text } from '@mantine/core'
import { Fragment } from 'react'
import { Link } from 'react-router'
import type { Blueprint, Image } from '../api/model'
import { t } from '../i18n'

/** Most notebooks that are named. */
const maxNamed = 10

/** Who launches an image, and what runs of it and of its predecessors. */
export function ImageUse({ image, blueprints }: { image: Image; blueprints: Blueprint[] }) {
  const { outdated } = image
  const rest = outdated.length - maxNamed
  return (
    <div>
      <Text size="sm">
        {image.used_by.length === 0 ? t.images.unused : t.images.usedBy}{' '}
        {image.used_by.map((name, index) => (
          <Fragment key={name}>
            {index > 0 && ', '}
            <User name={name} blueprint={blueprints.find((blueprint) => blueprint.name === name)} />
          </Fragment>
        ))}
      </Text>
      <Text size="sm">{t.images.running(image.running)}</Text>
      {outdated.length > 0 && (
        <Text size="sm">
          {t.images.outdated(outdated.length)} <span className="mono">{outdated.slice(0, maxNamed).map(({ instance_name: name }) => name).join(', ')}</span>
          {rest > 0 && ` ${t.images.more(rest)}`}
        </Text>
      )}
    </div>
  )
}

function User({ name, blueprint }: { name: string; blueprint: Blueprint | undefined }) {
  if (!blueprint) return name
  return (
    <Anchor component={Link} to={`/configure/blueprints/${encodeURIComponent(blueprint.id)}`} underline="always">
      {blueprint.is_enabled ? name : t.images.inactive(name)}
    </Anchor>
  )
}
