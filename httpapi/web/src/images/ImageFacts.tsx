import { Button, CopyButton, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Image } from '../api/model'
import { locale, t } from '../i18n'
import { bytes } from '../size/bytes'
import { useNow } from '../time/clock'
import { age, fullTime, secondsUntil } from '../time/duration'
import classes from './Images.module.css'
import { nameOf } from './names'
import { shortened } from './reference'

/** What is known of an image and its file. */
export function ImageFacts({ image }: { image: Image }) {
  const now = useNow()
  return (
    <dl className={classes['facts']}>
      <Fact name={t.images.facts.digest}>{image.id && <Digest image={image} />}</Fact>
      <Fact name={t.images.facts.platform}>{image.platform}</Fact>
      <Fact name={t.images.facts.file}>
        <span className="mono">{image.file}</span>
      </Fact>
      <Fact name={t.images.facts.size}>{bytes(image.size)}</Fact>
      <Fact name={t.images.facts.unpacked}>{image.unpacked > 0 && bytes(image.unpacked)}</Fact>
      <Fact name={t.images.facts.layers}>{image.layers}</Fact>
      <Fact name={t.images.facts.made}>{isMeant(image.created) && <Age time={image.created} now={now} />}</Fact>
      <Fact name={t.images.facts.changed}>{image.changed && <Age time={image.changed} now={now} />}</Fact>
    </dl>
  )
}

/** One of them; nothing while it is not known. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" className="numbers">
        {children}
      </Text>
    </div>
  )
}

export function Age({ time, now }: { time: string; now: number }) {
  const old = age(-secondsUntil(time, now))
  return (
    <time dateTime={time} title={fullTime(time, locale)}>
      {old ? t.images.ago(old.count, old.unit) : t.images.justNow}
    </time>
  )
}

/** Builds that can be repeated give their images a time long before there were any. */
const firstImages = Date.parse('2013-01-01T00:00:00Z')
const isMeant = (time: string | null): time is string => time !== null && Date.parse(time) >= firstImages

function Digest({ image }: { image: Image }) {
  return (
    <span className={classes['digest']}>
      <span className="mono" title={image.id}>
        {shortened(image.id)}
      </span>
      <CopyButton value={image.id}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" aria-label={copied ? undefined : t.images.copyDigest(nameOf(image))} onClick={copy}>
            {copied ? t.copied : t.copy}
          </Button>
        )}
      </CopyButton>
    </span>
  )
}
