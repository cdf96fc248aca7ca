import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { t } from '../i18n'

interface Props {
  children: string
  /** What the browser's tab says, when it is not the heading. */
  tab?: string
}

let first = true

/** The heading of a page: it names the tab, and takes the focus when the page was navigated to. */
export function PageTitle({ children, tab }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useDocumentTitle(`${tab ?? children} · ${t.product}`)
  useEffect(() => {
    if (!first) heading.current?.focus({ preventScroll: true })
    first = false
  }, [])
  return (
    <Title order={1} ref={heading} tabIndex={-1}>
      {children}
    </Title>
  )
}
