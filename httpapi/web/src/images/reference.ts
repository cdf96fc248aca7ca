import type { Image } from '../api/model'

/** Makes two ways of writing one image name equal, as the server does. */
export function normalized(reference: string): string {
  const short = reference.replace(/^docker\.io\//, '').replace(/^index\.docker\.io\//, '').replace(/^library\//, '')
  if (short.includes('@')) return short
  return short.slice(short.lastIndexOf('/') + 1).includes(':') ? short : `${short}:latest`
}

/** What is there under a name or digest: an image first, else a file with a fault. */
export function findImage(images: Image[], reference: string): Image | undefined {
  const want = normalized(reference)
  const named = images.filter(({ id, tags }) => id === reference || tags.some((tag) => normalized(tag) === want))
  return named.find(({ fault }) => fault === '') ?? named[0]
}

/** Characters of a digest that tell images apart for people. */
const shortDigest = 12

/** The beginning of a digest, without the name of its algorithm. */
export const shortened = (digest: string): string => digest.slice(digest.indexOf(':') + 1).slice(0, shortDigest)
