import { Text } from '@mantine/core'
import type { Instance } from '../api/model'
import { locale, t } from '../i18n'
import { useNow } from '../time/clock'
import { clockTime } from '../time/duration'

/** Tells a notebook's owner which administrators opened it, and why; the last one first. */
export function Visits({ instance }: { instance: Instance }) {
  const now = useNow()
  const [last, ...earlier] = instance.visits.toReversed()
  if (!last) return null
  const told = ({ by, at, reason }: typeof last) => t.visit.seen(by, clockTime(at, now, locale), reason)
  return (
    <div>
      <Text size="sm" role="status">
        {told(last)}
      </Text>
      {earlier.length > 0 && (
        <Text size="sm" component="details">
          <summary>{t.visit.earlier(earlier.length)}</summary>
          <ul>
            {earlier.map((visit) => (
              <li key={visit.at}>{told(visit)}</li>
            ))}
          </ul>
        </Text>
      )}
    </div>
  )
}
