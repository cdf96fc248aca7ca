import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useRef } from 'react'
import { t } from '../i18n'
import { usePageFocus } from './focus'

interface Props {
  children: string
  /** What the browser's tab says, when it is not the heading. */
  tab?: string
}

/** The heading of a page: it names the tab, and takes the focus when the page was navigated to. */
export function PageTitle({ children, tab }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useDocumentTitle(`${tab ?? children} · ${t.product}`)
  usePageFocus(heading)
  return (
    <Title order={1} ref={heading} tabIndex={-1}>
      {children}
    </Title>
  )
}
