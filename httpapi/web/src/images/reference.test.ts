import { describe, expect, test } from 'vitest'
import type { Image } from '../api/model'
import { chosenNote } from './chosen'
import { findImage, normalized, shortened } from './reference'

const image = (over: Partial<Image>): Image => ({
  id: 'sha256:a', tags: ['rocker/rstudio:4.4'], file: 'a.img', size: 9, unpacked: 20, platform: 'linux/amd64', layers: 2, created: null, changed: null,
  fault: '', ports: [], used_by: [], running: 0, outdated: [], hosts: [], ...over,
})

test.each([
  ['a missing tag is latest', 'demo', 'demo:latest'],
  ['the registry that everybody means is dropped', 'docker.io/library/ubuntu:24.04', 'ubuntu:24.04'],
  ['a port is no tag', 'localhost:5000/demo', 'localhost:5000/demo:latest'],
  ['a digest stays', 'demo@sha256:abc', 'demo@sha256:abc'],
])('%s', (_, written, same) => {
  expect(normalized(written)).toBe(same)
})

describe('a name', () => {
  test('finds its image, written in another way', () => {
    expect(findImage([image({})], 'docker.io/rocker/rstudio:4.4')?.id).toBe('sha256:a')
  })
  test('finds the image before a file with a fault', () => {
    expect(findImage([image({ id: '', fault: 'cut off' }), image({})], 'rocker/rstudio:4.4')?.fault).toBe('')
  })
  test('finds the file with a fault when there is nothing better', () => {
    expect(findImage([image({ id: '', fault: 'cut off' })], 'rocker/rstudio:4.4')?.fault).toBe('cut off')
  })
  test('that nothing has finds nothing', () => {
    expect(findImage([image({})], 'rocker/rstudio')).toBeUndefined()
  })
})

test.each([
  ['nothing while it names none', [], '', undefined],
  ['nothing of an image that is there', [image({})], 'rocker/rstudio:4.4', undefined],
  ['that there is none', [image({})], 'demo', /no image demo/],
  ['what is wrong with its file', [image({ id: '', fault: 'it is cut off' })], 'rocker/rstudio:4.4', /a\.img cannot be used: it is cut off/],
])('a blueprint is told %s', (_, images, chosen, words) => {
  const note = chosenNote(images, chosen)
  if (words) expect(note).toMatch(words)
  else expect(note).toBeUndefined()
})

test('a digest finds its image, and is short for people', () => {
  expect(findImage([image({})], 'sha256:a')?.file).toBe('a.img')
  expect(shortened('sha256:0123456789abcdef')).toBe('0123456789ab')
})
