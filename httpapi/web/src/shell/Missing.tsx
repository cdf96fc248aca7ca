import { Button, Stack, Text } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../i18n'
import { PageTitle } from './PageTitle'

/** The page for an address that leads nowhere, or nowhere for this reader. */
export function Missing({ words, title = t.problem.missingTitle }: { words: string; title?: string }) {
  return (
    <Stack align="flex-start">
      <PageTitle>{title}</PageTitle>
      <Text>{words}</Text>
      <Button component={Link} to="/">
        {t.problem.toDashboard}
      </Button>
    </Stack>
  )
}
