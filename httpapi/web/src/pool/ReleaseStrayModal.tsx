import { Button, Group, Stack, Text } from '@mantine/core'
import { useReleaseStray } from '../api/changes'
import type { Stray } from '../api/model'
import { t } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { RefusalAlert } from '../shell/RefusalAlert'
import classes from './Pool.module.css'

interface Props {
  stray: Stray
  /** It, and what goes with it. */
  doomed: Stray[]
  onClose: () => void
}

/** Asks before a stray is released, and says what is deleted. */
export function ReleaseStrayModal({ stray, doomed, onClose }: Props) {
  const release = useReleaseStray()
  const confirm = () => release.mutate(stray, { onSuccess: onClose })
  return (
    <Dialog opened onClose={onClose} title={t.strays.ask(stray.name)}>
      <Stack>
        <Text size="sm">{t.strays.deleted}</Text>
        <ul className={classes['list']} aria-label={t.strays.deleted}>
          {doomed.map(({ kind, id, name }) => (
            <li key={kind + id}>
              {t.strays.kinds[kind]} <strong className="mono">{name}</strong> <span className="mono">{id}</span>
            </li>
          ))}
        </ul>
        <Text size="sm">{t.strays.lost}</Text>
        {release.error && <RefusalAlert error={release.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t.strays.not}
          </Button>
          <Button color="red.9" onClick={confirm} loading={release.isPending}>
            {t.strays.release}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
