import { useNavigate } from 'react-router'
import { useLaunch } from '../api/changes'

/** Launches a blueprint that need not be active, and goes to where the launch is shown. */
export function useTestLaunch() {
  const launch = useLaunch()
  const navigate = useNavigate()
  const test = (blueprintID: string) =>
    launch.mutate({ blueprintID, test: true }, { onSuccess: ({ id }) => void navigate(`/launches/${encodeURIComponent(id)}`) })
  return { test, error: launch.error, isPending: launch.isPending, reset: launch.reset }
}
