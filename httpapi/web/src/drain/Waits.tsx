import { Code, Text } from '@mantine/core'
import type { Drain } from '../api/model'
import { t } from '../i18n'
import classes from './Drain.module.css'

/** What a drain waits for, host by host, with the commands that remove it by hand. */
export function Waits({ drain }: { drain: Drain }) {
  return (
    <ul className={classes['waits']}>
      {drain.waits_for.map((wait) => (
        <li key={`${wait.kind} ${wait.id}`} data-kind={wait.kind}>
          <Text size="sm">
            {wait.name && (
              <strong>
                {wait.name}
                {wait.user && `, ${wait.user}`}:{' '}
              </strong>
            )}
            <span lang="en">{wait.message}</span>
          </Text>
          {wait.remove.length > 0 && (
            <Text size="xs" c="dimmed">
              {t.drain.byHand}
            </Text>
          )}
          {wait.remove.map((command) => (
            <Code key={command} block className={classes['command'] ?? ''}>
              {command}
            </Code>
          ))}
        </li>
      ))}
    </ul>
  )
}
