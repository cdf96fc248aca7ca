import type { Stray } from '../api/model'

/** A stray and what else was made for the same host: it is released together. */
export const goneWith = (strays: Stray[], stray: Stray): Stray[] =>
  strays.filter((other) => other.id === stray.id || (stray.host_id !== '' && other.host_id === stray.host_id))
