import { Card, Progress, Text } from '@mantine/core'
import type { Host, Image } from '../api/model'
import { t } from '../i18n'
import { bytes } from '../size/bytes'
import classes from './Pool.module.css'

export function ImagesTable({ images, hosts }: { images: Image[]; hosts: Host[] }) {
  return (
    <Card p={0} className={classes['scroll'] ?? ''}>
      {/* A scrolling region must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div tabIndex={0} role="region" aria-label={t.pool.imagesTable} className={classes['scroller']}>
        <table className={classes['table']}>
          <thead>
            <tr>
              <th scope="col">{t.pool.imageName}</th>
              <th scope="col">{t.pool.size}</th>
              <th scope="col">{t.pool.usedBy}</th>
              <th scope="col">{t.pool.onHosts}</th>
            </tr>
          </thead>
          <tbody>
            {images.map((image) => (
              <Row key={image.file} image={image} hosts={hosts} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function Row({ image, hosts }: { image: Image; hosts: Host[] }) {
  return (
    <tr>
      <th scope="row">
        {image.tags.map((tag) => (
          <div key={tag} className="mono">
            {tag}
          </div>
        ))}
        <Text size="xs" c="dimmed" className="mono">
          {image.file}
        </Text>
        {image.fault && (
          <Text size="sm" c="var(--mantine-color-error)">
            {t.pool.cannotUse}: {image.fault}
          </Text>
        )}
      </th>
      <td className="numbers">{bytes(image.size)}</td>
      <td>{image.used_by.join(', ') || t.none}</td>
      <td>
        {image.hosts.map((place) => (
          <Place key={place.host_id} place={place} name={hosts.find(({ id }) => id === place.host_id)?.name ?? place.host_id} />
        ))}
        {image.hosts.length === 0 && t.none}
      </td>
    </tr>
  )
}

function Place({ place, name }: { place: Image['hosts'][number]; name: string }) {
  const sending = place.state === 'sending' && place.total > 0
  return (
    <div className={classes['place']}>
      <Text size="sm">
        <span className="mono">{name}</span>: {t.pool.presence[place.state]}
        {sending && <span className="numbers">, {t.stages.sent(bytes(place.sent), bytes(place.total))}</span>}
      </Text>
      {sending && <Progress value={(place.sent / place.total) * 100} size="xs" aria-label={t.pool.presence.sending} />}
    </div>
  )
}
