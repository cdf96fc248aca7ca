import type { Image } from '../api/model'
import { t } from '../i18n'
import { shortened } from './reference'

/** What people call an image: its first tag, or the beginning of its digest. */
export const nameOf = ({ tags, id }: Image): string => tags[0] ?? (shortened(id) || t.images.untagged)

/** The element of an image's card, for what leads to it. */
export const anchorOf = ({ id }: Image): string => `image-${shortened(id)}`
