import { Alert, Button, Text } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { t } from '../i18n'

interface Props {
  children: ReactNode
}

/** Shows words instead of an empty page when a part of the UI throws. */
export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    if (!this.state.broken) return this.props.children
    return (
      <Alert color="red" title={t.problem.brokenTitle} role="alert">
        <Text size="sm">{t.problem.broken}</Text>
        <Button mt="sm" size="xs" onClick={() => location.reload()}>
          {t.problem.reload}
        </Button>
      </Alert>
    )
  }
}
