import { Stack, Text } from '@mantine/core'
import type { Instance } from '../api/model'
import { t } from '../i18n'
import classes from './Instance.module.css'

/** What happened, what to do, and the container's last words. */
export function FailureReport({ instance }: { instance: Instance }) {
  // The server's words are English.
  const lang = instance.failure ? 'en' : undefined
  const failure = instance.failure ?? { code: instance.state.toUpperCase(), message: t.instance.lostMessage, hint: t.instance.lostHint, log: [] }
  return (
    <Stack gap="xs">
      <div>
        <Text size="xs" c="dimmed" fw={600}>
          {t.instance.happened}
        </Text>
        <Text size="sm" lang={lang}>{failure.message}</Text>
      </div>
      {failure.hint && (
        <div>
          <Text size="xs" c="dimmed" fw={600}>
            {t.instance.todo}
          </Text>
          <Text size="sm" lang={lang}>{failure.hint}</Text>
        </div>
      )}
      {failure.log.length > 0 && (
        <details className={classes['details']} open>
          <summary>{t.instance.lastLines(failure.log.length)}</summary>
          {/* A scrolling region must be reachable by keyboard. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre className={classes['log']} tabIndex={0} role="region" aria-label={t.instance.logOf(t.instance.lastLines(failure.log.length), instance.name)}>
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
