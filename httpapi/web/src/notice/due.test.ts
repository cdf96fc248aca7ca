import { describe, expect, test } from 'vitest'
import type { Instance } from '../api/model'
import { due } from './due'

const now = Date.parse('2030-01-01T12:00:00Z')
const inSeconds = (seconds: number) => new Date(now + seconds * 1000).toISOString()
const instance = (over: Partial<Instance>) => ({ id: 'i', state: 'running', expires_at: null, started_at: inSeconds(-3600), last_used_at: null, idle_ends_at: null, ...over }) as Instance
const told = (...instances: Instance[]) => due(instances, now, new Set()).map(({ key, idle }) => `${key}${idle ? ' idle' : ''}`)

describe('a notebook that ends', () => {
  test('in more than ten minutes is not told of', () => expect(told(instance({ expires_at: inSeconds(601) }))).toEqual([]))
  test('in ten minutes is', () => expect(told(instance({ expires_at: inSeconds(600) }))).toEqual([`i ${inSeconds(600)} 600`]))
  test('in one minute is told of once, though two marks have passed', () => expect(told(instance({ expires_at: inSeconds(60) }))).toEqual([`i ${inSeconds(60)} 120`]))
  test('is not told of again at the same mark', () => {
    const ends = instance({ expires_at: inSeconds(300) })
    expect(due([ends], now, new Set([`i ${inSeconds(300)} 600`]))).toEqual([])
    expect(due([ends], now + 200_000, new Set([`i ${inSeconds(300)} 600`]))).toHaveLength(1)
  })
  test('later than was told is told of anew', () => expect(due([instance({ expires_at: inSeconds(500) })], now, new Set([`i ${inSeconds(300)} 600`]))).toHaveLength(1))
  test('never, has ended, or is not there yet is not told of', () => {
    expect(told(instance({}), instance({ expires_at: inSeconds(-1) }), instance({ state: 'deleted', expires_at: inSeconds(60) }))).toEqual([])
  })
  test('for want of use is told of as that', () =>
    expect(told(instance({ expires_at: inSeconds(3000), last_used_at: inSeconds(-3300), idle_ends_at: inSeconds(300) }))).toEqual(['i idle 600 idle']))
})
