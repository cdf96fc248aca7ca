import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { instancesQuery } from '../api/queries'
import { language, t } from '../i18n'
import { useNow } from '../time/clock'
import { left } from '../time/duration'
import { due } from './due'
import { canNotify, useWanted } from './wanted'

/** Has the browser tell of notebooks that end soon, also while another tab is looked at. */
export function EndNotices() {
  const wanted = useWanted()
  return wanted && canNotify() && Notification.permission === 'granted' ? <Telling /> : null
}

function Telling() {
  const { data: instances } = useQuery(instancesQuery)
  const now = useNow()
  const told = useRef(new Set<string>())
  useEffect(() => {
    for (const { key, instance, seconds, idle } of due(instances ?? [], now, told.current)) {
      told.current.add(key)
      const words = idle ? t.instance.endsIdle(left(seconds)) : t.instance.endsSoon(left(seconds))
      // The tag keeps two open tabs from telling the same twice.
      const notice = new Notification(`${instance.blueprint_name || t.instance.unnamed}, ${instance.name}`, { body: words, tag: key, lang: language, icon: '/favicon.svg' })
      notice.addEventListener('click', () => window.focus())
    }
  }, [instances, now])
  return null
}
