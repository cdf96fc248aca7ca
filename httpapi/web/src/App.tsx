import { Center, Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Navigate, Route, Routes, useLocation, useParams } from 'react-router'
import { Refusal } from './api/client'
import type { Me } from './api/model'
import { meQuery } from './api/queries'
import { DashboardPage } from './dashboard/DashboardPage'
import { t } from './i18n'
import { LaunchPage } from './launch/LaunchPage'
import { LoginPage } from './login/LoginPage'
import { Missing } from './shell/Missing'
import { RefusalAlert } from './shell/RefusalAlert'
import { Shell } from './shell/Shell'

const AccountPage = lazy(() => import('./account/AccountPage'))
const ConfigurePage = lazy(() => import('./configure/ConfigurePage'))
const BlueprintPage = lazy(() => import('./configure/BlueprintPage'))
const ImagesPage = lazy(() => import('./images/ImagesPage'))
const InstancesPage = lazy(() => import('./everyone/InstancesPage'))
const PoolPage = lazy(() => import('./pool/PoolPage'))
const VisitPage = lazy(() => import('./visit/VisitPage'))

const waiting = (
  <Center mih="60vh">
    <Loader aria-label={t.loading} role="status" />
  </Center>
)

export function App() {
  return (
    <Routes>
      <Route path="/login" element={<LoginPage />} />
      <Route path="*" element={<LoggedIn />} />
    </Routes>
  )
}

/** Everything behind the login; who is not logged in comes back after it. */
function LoggedIn() {
  const me = useQuery(meQuery)
  const { pathname, search } = useLocation()
  if (me.error instanceof Refusal && me.error.status === 401) {
    const next = pathname === '/' ? '' : `?${new URLSearchParams({ next: pathname + search })}`
    return <Navigate to={`/login${next}`} replace />
  }
  if (me.data) return <Pages me={me.data} />
  if (me.error) return <RefusalAlert error={me.error} onRetry={() => void me.refetch()} m="xl" />
  return waiting
}

function Pages({ me }: { me: Me }) {
  const forAdmins = (page: React.ReactNode) => (me.role === 'admin' ? page : <Missing title={t.problem.forbiddenTitle} words={t.problem.forbidden} />)
  return (
    <Shell me={me}>
      <Suspense fallback={waiting}>
        <Routes>
          <Route path="/" element={<DashboardPage me={me} />} />
          <Route path="/launches/:id" element={<LaunchPage />} />
          <Route path="/instances/:id" element={<ToLaunch />} />
          <Route path="/account" element={<AccountPage me={me} />} />
          <Route path="/configure" element={forAdmins(<ConfigurePage />)} />
          <Route path="/configure/plugins/:plugin/new" element={forAdmins(<BlueprintPage />)} />
          <Route path="/configure/blueprints/:id" element={forAdmins(<BlueprintPage />)} />
          <Route path="/images" element={forAdmins(<ImagesPage />)} />
          <Route path="/instances" element={forAdmins(<InstancesPage />)} />
          <Route path="/visits/:id" element={forAdmins(<VisitPage me={me} />)} />
          <Route path="/pool" element={forAdmins(<PoolPage />)} />
          <Route path="*" element={<Missing words={t.problem.missing} />} />
        </Routes>
      </Suspense>
    </Shell>
  )
}

/** The way into a notebook (GET /open) leads here while it is not running yet. */
function ToLaunch() {
  const { id = '' } = useParams()
  return <Navigate to={`/launches/${encodeURIComponent(id)}`} replace />
}
