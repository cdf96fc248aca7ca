import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react'

let first = true

/**
 * Whether a page is not the first one since the load, so that its heading takes
 * the focus: what had it has gone with the page before.
 */
export function usePageFocus(heading?: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (!first) heading?.current?.focus({ preventScroll: true })
    first = false
  }, [heading])
}

/**
 * Keeps the focus of who presses a button that cannot be pressed while it works,
 * and perhaps not afterwards either: then it goes to the element with this id.
 */
export function usePressFocus(isPending: boolean, isOff: boolean, home: string) {
  const button = useRef<HTMLButtonElement>(null)
  const isPressed = useRef(false)
  useEffect(() => {
    if (isPending) return
    const at = document.activeElement
    const isLost = isPressed.current && at === document.body
    if (!isOff) {
      if (isLost) button.current?.focus({ preventScroll: true })
      return
    }
    if (isLost || at === button.current) document.getElementById(home)?.focus({ preventScroll: true })
    isPressed.current = false
  }, [isPending, isOff, home])
  const pressed = () => {
    isPressed.current = true
  }
  return { button, pressed }
}

/**
 * Catches the focus when what has it disappears, or the dialog that was opened
 * from there: it goes to the element with this id, instead of to the page's beginning.
 */
export function useFocusHome<T extends HTMLElement>(home: string): RefObject<T | null> {
  const box = useRef<T>(null)
  useLayoutEffect(() => {
    const node = box.current
    const isOurs = (at: EventTarget | null) => at instanceof Element && (node?.contains(at) || at.closest('[role="dialog"]') !== null)
    // A button that can no longer be pressed has lost it before it goes.
    let hadIt = isOurs(document.activeElement)
    const moved = ({ target }: FocusEvent) => {
      hadIt = isOurs(target)
    }
    document.addEventListener('focusin', moved)
    return () => {
      document.removeEventListener('focusin', moved)
      if (!hadIt) return
      setTimeout(() => {
        if (document.activeElement === document.body) document.getElementById(home)?.focus({ preventScroll: true })
      })
    }
  }, [home])
  return box
}
