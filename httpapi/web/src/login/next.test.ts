import { expect, test } from 'vitest'
import { nextPath } from './next'

test.each([
  ['', '/'],
  ['?next=%2Fconfigure', '/configure'],
  ['?next=%2Fopen%3Flabel%3Da%26path%3D%252F', '/open?label=a&path=%2F'],
  ['?next=https%3A%2F%2Fevil.example', '/'],
  ['?next=%2F%2Fevil.example', '/'],
  ['?next=%2F%5Cevil.example', '/'],
  ['?next=%2F%09%2Fevil.example', '/'],
  ['?next=javascript%3Aalert(1)', '/'],
  ['?next=%2Flogin%3Fnext%3D%2Flogin', '/'],
])('%s leads to %s', (search, path) => expect(nextPath(search)).toBe(path))
