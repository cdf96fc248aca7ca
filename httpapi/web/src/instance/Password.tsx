import { ActionIcon, Button, CopyButton, Group, Text } from '@mantine/core'
import { IconEye, IconEyeOff } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '../i18n'

/** The notebook's own password, hidden from who looks over the shoulder. */
export function Password({ value }: { value: string }) {
  const [shown, setShown] = useState(false)
  const toggle = shown ? t.instance.hidePassword : t.instance.showPassword
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed">
        {t.instance.password}
      </Text>
      <Text size="sm" className="mono">
        {shown ? value : '••••••••••••'}
      </Text>
      <ActionIcon variant="subtle" color="gray" aria-label={toggle} title={toggle} onClick={() => setShown(!shown)}>
        {shown ? <IconEyeOff size={18} aria-hidden /> : <IconEye size={18} aria-hidden />}
      </ActionIcon>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy}>
            {copied ? t.copied : t.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  )
}
