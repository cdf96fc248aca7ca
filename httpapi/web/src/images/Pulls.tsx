import { Anchor, Button, Card, Progress, Text } from '@mantine/core'
import { useCancelPull, useStartPull } from '../api/changes'
import type { Image, Pull } from '../api/model'
import { t } from '../i18n'
import { RefusalAlert } from '../shell/RefusalAlert'
import { bytes } from '../size/bytes'
import { useNow } from '../time/clock'
import { secondsUntil, span } from '../time/duration'
import classes from './Images.module.css'
import { anchorOf } from './names'
import { percent } from './progress'

/** Pulls that are always shown, the newest first; those before them are folded away. */
const shown = 3

/** The pulls of late; those that are on their way are never folded away. */
export function Pulls({ pulls, images }: { pulls: Pull[]; images: Image[] }) {
  const isFolded = (pull: Pull, index: number) => index >= shown && pull.state !== 'pulling'
  const earlier = pulls.filter(isFolded)
  return (
    <div>
      <PullList pulls={pulls.filter((pull, index) => !isFolded(pull, index))} images={images} label={t.images.pull.list} />
      {earlier.length > 0 && (
        <details className={classes['fold']}>
          <summary>{t.images.pull.earlier(earlier.length)}</summary>
          <PullList pulls={earlier} images={images} label={t.images.pull.earlier(earlier.length)} />
        </details>
      )}
    </div>
  )
}

function PullList({ pulls, images, label }: { pulls: Pull[]; images: Image[]; label: string }) {
  return (
    <Card p={0}>
      <ul className={classes['pulls']} aria-label={label}>
        {pulls.map((pull) => (
          <PullRow key={pull.id} pull={pull} image={images.find(({ file, fault }) => file === pull.file && fault === '')} />
        ))}
      </ul>
    </Card>
  )
}

function PullRow({ pull, image }: { pull: Pull; image: Image | undefined }) {
  return (
    <li className={classes['pull']} data-state={pull.state}>
      <div className={classes['what']}>
        <Text size="sm" component="span" fw={600} className="mono">
          {pull.reference}
        </Text>{' '}
        {pull.platform && (
          <Text size="xs" component="span" c="dimmed" className="mono">
            {pull.platform}
          </Text>
        )}
        <span className={classes['hidden']} role="status">
          {pull.reference}: {t.images.pull.states[pull.state]}
        </span>
        <Text size="sm" className="numbers" {...(pull.state === 'failed' && { c: 'var(--mantine-color-error)' })}>
          <Standing pull={pull} />
        </Text>
        {/* Its room is kept, so that nothing jumps when the pull ends. */}
        <div className={classes['bar']}>
          {pull.state === 'pulling' && <Progress value={percent(pull.got, pull.total)} size="sm" aria-label={t.images.pull.progress(pull.reference)} />}
        </div>
      </div>
      <div className={classes['action']}>
        {pull.state === 'pulling' && <Cancel pull={pull} />}
        {pull.state === 'failed' && <Again pull={pull} />}
        {pull.state === 'done' && image && <Show image={image} />}
      </div>
    </li>
  )
}

function Standing({ pull }: { pull: Pull }) {
  if (pull.state === 'pulling') return <Underway pull={pull} />
  return `${t.images.pull.states[pull.state]}${pull.state === 'done' ? `. ${t.images.pull.done(pull.file)}` : `: ${pull.failure}`}`
}

function Underway({ pull }: { pull: Pull }) {
  const now = useNow()
  const far = pull.total > 0 ? t.images.pull.got(bytes(pull.got), bytes(pull.total), Math.floor(percent(pull.got, pull.total))) : pull.got > 0 ? t.images.pull.gotSome(bytes(pull.got)) : t.images.pull.asking
  const seconds = pull.started_at ? Math.max(0, -secondsUntil(pull.started_at, now)) : 0
  return `${far}${seconds >= 1 ? `, ${t.images.pull.took(span(seconds))}` : ''}`
}

function Cancel({ pull }: { pull: Pull }) {
  const cancel = useCancelPull()
  return (
    <>
      <Button size="compact-sm" variant="default" loading={cancel.isPending} aria-label={t.images.pull.cancelOf(pull.reference)} onClick={() => cancel.mutate(pull.id)}>
        {t.images.pull.cancel}
      </Button>
      {cancel.error && <RefusalAlert error={cancel.error} mt="xs" />}
    </>
  )
}

function Again({ pull }: { pull: Pull }) {
  const start = useStartPull()
  return (
    <>
      <Button size="compact-sm" variant="default" loading={start.isPending} aria-label={t.images.pull.againOf(pull.reference)} onClick={() => start.mutate(pull)}>
        {t.images.pull.again}
      </Button>
      {start.error && <RefusalAlert error={start.error} mt="xs" />}
    </>
  )
}

/** Leads to the card of the image, and the reader's focus with it. */
function Show({ image }: { image: Image }) {
  const anchor = anchorOf(image)
  return (
    <Anchor href={`#${anchor}`} size="sm" underline="always" onClick={() => document.querySelector<HTMLElement>(`#${anchor}`)?.focus()}>
      {t.images.pull.show}
    </Anchor>
  )
}
