import { Button, Group, Radio, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useDrainPool } from '../api/changes'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'

interface Props {
  /** The pool runs: shutdown mode begins. Else its deadline changes. */
  begins: boolean
  opened: boolean
  onClose: () => void
}

type Choice = keyof typeof t.drain.choices

/** Asks when what still runs is to end, and says what is lost with it. */
export function DrainModal({ begins, opened, onClose }: Props) {
  const [when, setWhen] = useState<Choice>('none')
  const drain = useDrainPool()
  const choices = Object.entries(t.drain.choices) as [Choice, string][]
  return (
    <Dialog opened={opened} onClose={onClose} title={begins ? t.drain.beginTitle : t.drain.changeTitle}>
      <Stack>
        {begins && <Text size="sm">{t.drain.beginWords}</Text>}
        <Radio.Group label={t.drain.when} value={when} onChange={(chosen) => setWhen(chosen as Choice)}>
          <Stack gap="xs" mt="xs">
            {choices.map(([value, words]) => (
              <Radio key={value} value={value} label={words} />
            ))}
          </Stack>
        </Radio.Group>
        <Text size="sm" aria-live="polite">
          {when !== 'none' && t.drain.lost}
        </Text>
        {drain.error && <RefusalAlert error={drain.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.drain.not}
          </Button>
          <Button color="red.9" onClick={() => drain.mutate(when, { onSuccess: onClose })} loading={drain.isPending}>
            {begins ? t.drain.confirm : t.drain.confirmChange}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
