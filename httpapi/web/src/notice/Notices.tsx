import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { Instance } from '../api/model'
import { instancesQuery } from '../api/queries'
import { language, t } from '../i18n'
import { useNow } from '../time/clock'
import { left } from '../time/duration'
import { due } from './due'
import { readied, statesOf } from './readied'
import { canNotify, useWanted } from './wanted'

/** Has the browser tell of notebooks that are ready or end soon, also while another tab is looked at. */
export function Notices() {
  const wanted = useWanted()
  return wanted && canNotify() && Notification.permission === 'granted' ? <Telling /> : null
}

function Telling() {
  const { data: instances } = useQuery(instancesQuery)
  useReady(instances)
  useEnds(instances)
  return null
}

function useReady(instances: Instance[] | undefined) {
  const known = useRef<ReturnType<typeof statesOf> | null>(null)
  useEffect(() => {
    if (!instances) return
    const ready = readied(known.current, instances)
    known.current = statesOf(instances)
    if (!document.hidden) return // the page itself shows it
    for (const instance of ready) tell(instance, `${instance.id} ready`, t.notice.ready)
  }, [instances])
}

function useEnds(instances: Instance[] | undefined) {
  const now = useNow()
  const told = useRef(new Set<string>())
  useEffect(() => {
    for (const { key, instance, seconds, idle } of due(instances ?? [], now, told.current)) {
      told.current.add(key)
      tell(instance, key, idle ? t.instance.endsIdle(left(seconds)) : t.instance.endsSoon(left(seconds)))
    }
  }, [instances, now])
}

/** The tag keeps two open tabs from telling the same twice. */
function tell(instance: Instance, tag: string, body: string) {
  const notice = new Notification(`${instance.blueprint_name || t.instance.unnamed}, ${instance.name}`, { body, tag, lang: language, icon: '/favicon.svg' })
  notice.addEventListener('click', () => window.focus())
}
