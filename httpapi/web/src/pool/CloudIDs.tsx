import { Button, CopyButton } from '@mantine/core'
import type { Host } from '../api/model'
import { t } from '../i18n'
import classes from './Pool.module.css'

/** The ids that a host has in the cloud, for who must look there. */
export function CloudIDs({ host }: { host: Host }) {
  const ids: [string, string][] = [
    [t.pool.server, host.cloud.server_id],
    [t.pool.group, host.cloud.security_group_id],
    ...host.cloud.volume_ids.map((id): [string, string] => [t.pool.volume, id]),
  ]
  const known = ids.filter(([, id]) => id)
  if (known.length === 0) return null
  return (
    <details className={classes['fold']}>
      <summary>{t.pool.ids}</summary>
      <ul className={classes['list']}>
        {known.map(([kind, id]) => (
          <li key={id}>
            {kind} <span className="mono">{id}</span>{' '}
            <CopyButton value={id}>
              {({ copied, copy }) => (
                <Button size="compact-xs" variant="default" aria-label={copied ? undefined : t.pool.copyID(kind)} onClick={copy}>
                  {copied ? t.copied : t.copy}
                </Button>
              )}
            </CopyButton>
          </li>
        ))}
      </ul>
    </details>
  )
}
