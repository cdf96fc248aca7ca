import { describe, expect, test } from 'vitest'
import type { PoolStatus } from '../api/model'
import { t } from '../i18n'
import { cannotExtend } from './mayExtend'

const pool = (state: PoolStatus['state']) => ({ state }) as PoolStatus
const ends = (expires_at: string) => ({ expires_at, extendable_until: '2030-01-01T14:00:00Z' })

describe('a notebook', () => {
  test('with time left to give can be extended', () => expect(cannotExtend(ends('2030-01-01T13:59:59Z'), pool('running'))).toBeNull())
  test('can be asked for while nothing is known of the pool', () => expect(cannotExtend(ends('2030-01-01T13:00:00Z'), undefined)).toBeNull())
  test('at its latest end cannot', () => expect(cannotExtend(ends('2030-01-01T14:00:00.000Z'), pool('running'))).toBe(t.instance.extendedFully))
  test('of a pool that drains cannot', () => expect(cannotExtend(ends('2030-01-01T13:00:00Z'), pool('draining'))).toBe(t.instance.extendNotNow))
})
