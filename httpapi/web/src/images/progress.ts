import type { ImagePlace } from '../api/model'
import { t } from '../i18n'
import { bytes } from '../size/bytes'
import { span } from '../time/duration'

/** What is known of bytes on their way. */
export interface Transfer {
  sent: number
  total: number
  /** Bytes of layers that the host had. */
  skipped?: number
  eta_seconds?: number | null
}

/** The part that has been sent, in percent; 0 while the total is unknown. */
export const percent = (done: number, total: number): number => (total > 0 ? Math.min(100, (done / total) * 100) : 0)

/** "3 MiB of 9 MiB, 20 MiB were there already, about 4 s left": what is not known is left out. */
export function transferWords({ sent, total, skipped = 0, eta_seconds: left = null }: Transfer): string {
  return [
    total > 0 && t.images.sent(bytes(sent), bytes(total)),
    skipped > 0 && t.images.skipped(bytes(skipped)),
    left !== null && t.images.left(span(Math.max(1, Math.ceil(left)))),
  ]
    .filter(Boolean)
    .join(', ')
}

/** How an image stands on one host, in words. */
export function placeWords(place: ImagePlace): string {
  const state = t.images.presence[place.state]
  if (place.state === 'failed' && place.failure) return `${state}: ${place.failure}`
  const transfer = place.state === 'sending' ? transferWords(place) : ''
  return transfer ? `${state}, ${transfer}` : state
}

/** Whether an image can be pushed where it stands so: it is not there, and not on its way. */
export const canPush = ({ state }: ImagePlace): boolean => state === 'absent' || state === 'failed'
