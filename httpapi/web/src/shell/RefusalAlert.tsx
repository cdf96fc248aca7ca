import { Alert, Button, Text, type AlertProps } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Refusal } from '../api/client'
import { t } from '../i18n'

interface Props extends Omit<AlertProps, 'title'> {
  error: Error
  onRetry?: () => void
  /** What was done before it was refused. */
  lead?: string
}

/** Says what could not be done, what to do about it, and what to name when asking for help. */
export function RefusalAlert({ error, onRetry, lead, ...alert }: Props) {
  const refusal = error instanceof Refusal ? error : null
  const reference = refusal && refusal.status >= 500 ? refusal.problem.request_id : undefined
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle aria-hidden />} {...alert}>
      {lead && <Text size="sm">{lead}</Text>}
      <Text size="sm" fw={600} lang={refusal?.lang}>
        {error.message}
      </Text>
      {refusal?.hint && <Text size="sm" lang={refusal.lang}>{refusal.hint}</Text>}
      {reference && (
        <Text size="xs" className="mono" mt={4}>
          {t.problem.reference(reference)}
        </Text>
      )}
      {onRetry && (
        <Button mt="sm" size="xs" variant="default" onClick={onRetry}>
          {t.tryAgain}
        </Button>
      )}
    </Alert>
  )
}
