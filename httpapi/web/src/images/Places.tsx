import { Button, Progress, Text } from '@mantine/core'
import { usePushImage } from '../api/changes'
import type { Host, Image, ImagePlace } from '../api/model'
import { locale, t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Images.module.css'
import { nameOf } from './names'
import { canPush, percent, placeWords } from './progress'

/** Where an image is, host by host. */
export function Places({ image, hosts }: { image: Image; hosts: Host[] }) {
  const there = image.hosts.filter(({ state }) => state === 'present').length
  const named = image.hosts.map((place) => ({ place, host: hosts.find(({ id }) => id === place.host_id) }))
  const sorted = named.toSorted((a, b) => hostName(a).localeCompare(hostName(b), locale))
  return (
    <div>
      <Text size="sm" fw={600} className="numbers">
        {image.hosts.length === 0 ? t.images.noHosts : t.images.onAll(image.hosts.length, there)}
      </Text>
      {image.hosts.length > 0 && (
        <ul className={classes['places']} aria-label={t.images.onHosts(nameOf(image))}>
          {sorted.map(({ place, host }) => (
            <Place key={place.host_id} image={image} place={place} host={host} />
          ))}
        </ul>
      )}
    </div>
  )
}

const hostName = ({ place, host }: { place: ImagePlace; host: Host | undefined }) => host?.name ?? place.host_id

function Place({ image, place, host }: { image: Image; place: ImagePlace; host: Host | undefined }) {
  const push = usePushImage()
  const name = hostName({ place, host })
  const onItsWay = place.state === 'sending' || place.state === 'verifying'
  return (
    <li className={classes['place']} data-state={place.state}>
      <span className={`${classes['host']} mono`}>
        <span className={classes['dot']} aria-hidden />
        {name}
      </span>
      <div className={classes['state']}>
        <Text size="sm" component="span" className="numbers" {...(place.state === 'failed' && { c: 'var(--mantine-color-error)' })}>
          {placeWords(place)}
        </Text>
        {/* Its room is kept, so that nothing jumps when the sending begins and ends. */}
        <div className={classes['bar']}>
          {onItsWay && <Progress value={place.state === 'verifying' ? 100 : percent(place.sent, place.total)} size="sm" aria-label={t.images.progressOf(nameOf(image), name)} />}
        </div>
        {push.error && <RefusalAlert error={push.error} mt="xs" />}
      </div>
      <span className={classes['action']}>
        {canPush(place) && host?.state === 'active' && (
          <Button size="compact-xs" variant="default" loading={push.isPending} aria-label={t.images.pushTo(nameOf(image), name)} onClick={() => push.mutate({ id: image.id, hostID: place.host_id })}>
            {place.state === 'failed' ? t.images.pushAgain : t.images.push}
          </Button>
        )}
      </span>
    </li>
  )
}
