import type { Instance, PoolStatus } from '../api/model'
import { t } from '../i18n'

/** Why a notebook whose environment allows extensions cannot be extended now, in words; null when it can. */
export function cannotExtend({ expires_at, extendable_until }: Pick<Instance, 'expires_at' | 'extendable_until'>, pool: PoolStatus | undefined): string | null {
  if (pool && pool.state !== 'running') return t.instance.extendNotNow
  if (expires_at && extendable_until && Date.parse(expires_at) >= Date.parse(extendable_until)) return t.instance.extendedFully
  return null
}
