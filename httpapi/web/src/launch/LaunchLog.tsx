import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { isLaunching, type Instance } from '../api/model'
import { logsQuery } from '../api/queries'
import { t } from '../i18n'
import classes from '../instance/Instance.module.css'
import { RefusalAlert } from '../shell/RefusalAlert'

interface Props {
  instance: Instance
  /** Open from the beginning, for a failure that has no other lines to show. */
  opened?: boolean
}

/** What the server has done for a launch, under a fold; it is read only while it is open. */
export function LaunchLog({ instance, opened = false }: Props) {
  const [open, setOpen] = useState(opened)
  return (
    <details className={classes['details']} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.report.launchLog}</summary>
      {open && <Lines instance={instance} />}
    </details>
  )
}

function Lines({ instance }: { instance: Instance }) {
  const { refetchInterval, ...query } = logsQuery(instance.id, 'provisioning')
  // Nothing is added to the log of a launch that is over.
  const { data: lines, error } = useQuery({ ...query, refetchInterval: isLaunching(instance.state) && refetchInterval })
  if (error) return <RefusalAlert error={error} />
  if (lines?.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t.report.noLog}
      </Text>
    )
  }
  return (
    // A scrolling region must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={classes['log']} tabIndex={0} role="log" aria-label={t.report.logOf(instance.name)}>
      {lines?.join('\n')}
    </pre>
  )
}
