import { Badge } from '@mantine/core'
import type { InstanceState } from '../api/model'
import { t } from '../i18n'
import classes from './Instance.module.css'

/** The state as a word with a dot: colour alone says nothing. */
export function StateBadge({ state }: { state: InstanceState }) {
  return (
    <Badge variant="default" tt="none" fw={550} leftSection={<span className={classes['dot']} data-state={state} aria-hidden />}>
      {t.states[state]}
    </Badge>
  )
}
