import { Card, Stack, Switch, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { t } from '../i18n'
import { canNotify, useWanted, want } from './wanted'

/** Asks whether this browser is to notify before notebooks end. */
export function NotifySwitch() {
  const wanted = useWanted()
  const [refused, setRefused] = useState(false)
  const turn = async (on: boolean) => setRefused(!(await want(on)))
  const hint = !canNotify() ? t.notice.impossible : refused ? t.notice.refused : t.notice.hint
  return (
    <Card component="section" aria-labelledby="notices" p="xl">
      <Stack gap="sm">
        <Title order={2} id="notices">
          {t.notice.title}
        </Title>
        <Switch label={t.notice.label} checked={wanted && canNotify()} disabled={!canNotify()} onChange={(event) => void turn(event.currentTarget.checked)} />
        <Text size="sm" c="dimmed" role="status">
          {hint}
        </Text>
      </Stack>
    </Card>
  )
}
