import { Anchor, AppShell, Container } from '@mantine/core'
import { createContext, useContext, type ReactNode } from 'react'
import { useLocation } from 'react-router'
import { Announcements } from '../announcements/Announcements'
import type { Me } from '../api/model'
import { t } from '../i18n'
import { Notices } from '../notice/Notices'
import { useFeed, type Connection } from '../live/feed'
import { AwayNotice } from './AwayNotice'
import { ErrorBoundary } from './ErrorBoundary'
import { useFocusGivenBack } from './focus'
import { Header } from './Header'
import { PoolBanner } from './PoolBanner'

const ConnectionContext = createContext<Connection>('live')

/** Whether the server is there. */
export const useConnection = (): Connection => useContext(ConnectionContext)

/** The frame of every page behind the login; keeps the data live. */
export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const connection = useFeed(true)
  useFocusGivenBack()
  const { pathname } = useLocation()
  return (
    <ConnectionContext value={connection}>
      <Anchor href="#content" className="skip">
        {t.skipToContent}
      </Anchor>
      <AppShell header={{ height: 56 }} padding={0}>
        <AppShell.Header bg="var(--surface)">
          <Header me={me} />
        </AppShell.Header>
        <AppShell.Main id="content">
          {connection === 'away' && <AwayNotice />}
          <PoolBanner me={me} />
          <Announcements />
          <Notices />
          <Container size="lg" py="lg" px={{ base: 'sm', sm: 'lg' }}>
            <ErrorBoundary key={pathname}>{children}</ErrorBoundary>
          </Container>
        </AppShell.Main>
      </AppShell>
    </ConnectionContext>
  )
}
