import { VisuallyHidden } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { Instance, InstanceState } from '../api/model'
import { t } from '../i18n'

const statesOf = (instances: Instance[]) => new Map<string, InstanceState>(instances.map(({ id, state }) => [id, state]))

/** Tells people who listen to the page that an instance has moved on. */
export function News({ instances }: { instances: Instance[] }) {
  const known = useRef(statesOf(instances))
  const [words, setWords] = useState('')
  useEffect(() => {
    const changed = instances.filter(({ id, state }) => known.current.get(id) !== state)
    known.current = statesOf(instances)
    if (changed.length > 0) setWords(changed.map(({ name, state }) => t.dashboard.news(name, t.states[state])).join(', '))
  }, [instances])
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {words}
    </VisuallyHidden>
  )
}
