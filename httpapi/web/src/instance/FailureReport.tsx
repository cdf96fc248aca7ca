import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Instance } from '../api/model'
import { t } from '../i18n'
import log from '../shell/LogText.module.css'
import classes from './Instance.module.css'
import { whoActs } from './whoActs'

/** What happened, what to do, who must do it, the container's last words, and what to name when asking for help. */
export function FailureReport({ instance }: { instance: Instance }) {
  // The server's words are English.
  const lang = instance.failure ? 'en' : undefined
  const failure = instance.failure ?? { code: instance.state.toUpperCase(), message: t.instance.lostMessage, hint: t.instance.lostHint, log: [] }
  return (
    <Stack gap="xs">
      <Answer to={t.instance.happened}>
        <span lang={lang}>{failure.message}</span>
      </Answer>
      {failure.hint && (
        <Answer to={t.instance.todo}>
          <span lang={lang}>{failure.hint}</span>
        </Answer>
      )}
      <Answer to={t.report.who}>{t.report.acts[whoActs(failure.code)]}</Answer>
      {failure.log.length > 0 && (
        <details className={classes['details']} open>
          <summary>{t.instance.lastLines(failure.log.length)}</summary>
          {/* A scrolling region must be reachable by keyboard. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre className={log['log']} tabIndex={0} role="region" aria-label={t.instance.logOf(t.instance.lastLines(failure.log.length), instance.name)}>
            {failure.log.join('\n')}
          </pre>
        </details>
      )}
      <Text size="xs" c="dimmed" className="mono">
        {t.instance.reference(instance.name, failure.code)}
      </Text>
    </Stack>
  )
}

function Answer({ to, children }: { to: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" fw={600}>
        {to}
      </Text>
      <Text size="sm">{children}</Text>
    </div>
  )
}
