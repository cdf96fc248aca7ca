import { useSyncExternalStore } from 'react'
import { watchers } from '../storage/watch'

/** Where this browser keeps that its reader wants to be told of ends. */
const key = 'dockerdriver.notify'

const { watch, changed } = watchers()

/** Whether this browser can notify at all: not in a page without TLS, nor on some phones. */
export const canNotify = (): boolean => 'Notification' in globalThis

function read(): boolean {
  try {
    return localStorage.getItem(key) === 'on'
  } catch {
    return false // storage is turned off
  }
}

/** Whether the reader wants notifications in this browser. */
export const useWanted = (): boolean => useSyncExternalStore(watch, read)

/** Turns notifications on or off. False: the browser does not allow them. */
export async function want(on: boolean): Promise<boolean> {
  if (on && (await Notification.requestPermission()) !== 'granted') return false
  try {
    if (on) localStorage.setItem(key, 'on')
    else localStorage.removeItem(key)
  } catch {
    return false
  }
  changed()
  return true
}
