import { Button, CopyButton, Group, SegmentedControl, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Instance } from '../api/model'
import { logsQuery, type LogType } from '../api/queries'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { LogText } from '../shell/LogText'
import { RefusalAlert } from '../shell/RefusalAlert'

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

function Logs({ instance }: { instance: Instance }) {
  const [type, setType] = useState<LogType>(instance.started_at ? 'running' : 'provisioning')
  const { data: lines, error } = useQuery(logsQuery(instance.id, type))
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
      <LogText text={text || (lines ? t.logs.empty : t.loading)} label={t.logs.content} />
    </Stack>
  )
}
