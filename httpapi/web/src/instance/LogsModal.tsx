import { Button, CopyButton, Group, SegmentedControl, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Instance } from '../api/model'
import { logsQuery, type LogType } from '../api/queries'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Instance.module.css'

interface Props {
  instance: Instance
  opened: boolean
  onClose: () => void
}

export function LogsModal({ instance, opened, onClose }: Props) {
  return (
    <Dialog opened={opened} onClose={onClose} size="xl" title={t.logs.title(instance.name)}>
      <Logs instance={instance} />
    </Dialog>
  )
}

/** How near to the end, in pixels, a reader counts as following it. */
const nearEnd = 40

function Logs({ instance }: { instance: Instance }) {
  const [type, setType] = useState<LogType>(instance.started_at ? 'running' : 'provisioning')
  const { data: lines, error } = useQuery(logsQuery(instance.id, type))
  const box = useRef<HTMLPreElement>(null)
  const follows = useRef(true)
  useEffect(() => {
    if (lines && box.current && follows.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines])
  const scrolled = () => {
    const at = box.current
    if (at) follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < nearEnd
  }
  const text = lines?.join('\n') ?? ''
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t.logs.which}
          value={type}
          onChange={(value) => setType(value as LogType)}
          data={[
            { value: 'running', label: t.logs.running },
            { value: 'provisioning', label: t.logs.provisioning },
          ]}
        />
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" size="xs" onClick={copy} disabled={!text}>
              {copied ? t.copied : t.copy}
            </Button>
          )}
        </CopyButton>
      </Group>
      {error && <RefusalAlert error={error} />}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <pre ref={box} className={classes['log']} data-tall tabIndex={0} role="log" aria-label={t.logs.content} onScroll={scrolled}>
        {text || (lines ? t.logs.empty : t.loading)}
      </pre>
    </Stack>
  )
}
