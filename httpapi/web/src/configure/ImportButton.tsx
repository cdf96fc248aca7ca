import { Button, FileButton, Stack, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { Plugin } from '../api/model'
import { t } from '../i18n'
import { imported } from './exchange'

/** Opens the form with what a blueprint's file says, or tells why it cannot. */
export function ImportButton({ plugins }: { plugins: Plugin[] }) {
  const [fault, setFault] = useState('')
  const navigate = useNavigate()
  const take = async (file: File | null) => {
    if (!file) return
    const template = imported(await file.text())
    if (typeof template === 'string') {
      setFault(t.exchange.faults[template](file.name))
      return
    }
    if (!plugins.some(({ name }) => name === template.plugin)) {
      setFault(t.blueprint.noPlugin(template.plugin))
      return
    }
    await navigate(`/configure/plugins/${encodeURIComponent(template.plugin)}/new`, { state: { template } })
  }
  return (
    <Stack gap={4} align="flex-end">
      <FileButton onChange={(file) => void take(file)} accept="application/json,.json">
        {(props) => (
          <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={16} aria-hidden />}>
            {t.exchange.import}
          </Button>
        )}
      </FileButton>
      {fault && (
        <Text role="alert" size="sm" c="var(--mantine-color-error)">
          {fault}
        </Text>
      )}
    </Stack>
  )
}
