import type { Image } from '../api/model'
import { t } from '../i18n'
import { findImage } from './reference'

/** What is wrong with the image that a blueprint names; nothing when it is there, or nothing is named. */
export function chosenNote(images: Image[], reference: string): string | undefined {
  if (reference.trim() === '') return undefined
  const found = findImage(images, reference)
  if (!found) return t.images.chosen.missing(reference)
  return found.fault ? t.images.chosen.fault(found.file, found.fault) : undefined
}
