import { Text } from '@mantine/core'
import type { Instance } from '../api/model'
import { useNow } from '../time/clock'
import { estimateWords } from './estimate'

/** How long the launch usually takes, and that it takes longer when it does; nothing while that is not known. */
export function Estimate({ instance }: { instance: Instance }) {
  const now = useNow()
  if (!instance.launch_estimate || !instance.created_at) return null
  return (
    <Text size="sm" aria-live="polite">
      {estimateWords(instance.launch_estimate, (now - Date.parse(instance.created_at)) / 1000)}
    </Text>
  )
}
