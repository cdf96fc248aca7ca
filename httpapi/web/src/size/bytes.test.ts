import { expect, test } from 'vitest'
import { bytes, memoryBytes } from './bytes'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536 * 1024 ** 2, '1.5 GiB'],
  [512 * 1024 ** 2, '512 MiB'],
  [123.4 * 1024 ** 2, '123 MiB'],
])('%d bytes', (count, words) => expect(bytes(count)).toBe(words))

test.each([
  ['512m', 512 * 1024 ** 2],
  ['2G', 2 * 1024 ** 3],
  ['2gb', 2 * 1024 ** 3],
  ['1048576', 1024 ** 2],
  ['', 512 * 1024 ** 2],
  [undefined, 512 * 1024 ** 2],
])('the memory limit %s', (text, count) => expect(memoryBytes(text)).toBe(count))
