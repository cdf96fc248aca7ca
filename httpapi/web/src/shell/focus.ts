import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react'

let first = true

/**
 * The heading of a page takes the focus, for what had it has gone with the page
 * before; not that of the first page of a load. A page without a heading only counts.
 */
export function usePageFocus(heading?: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (!first) heading?.current?.focus({ preventScroll: true })
    first = false
  }, [heading])
}

/**
 * A button cannot be pressed while it works, and browsers take the focus from
 * what cannot be pressed: it gets it back when it can, if nothing else has it by then.
 */
export function useFocusGivenBack(): void {
  useEffect(() => {
    let last: EventTarget | null = null
    const moved = ({ target }: FocusEvent) => {
      last = target
    }
    const observer = new MutationObserver((changes) => {
      for (const { target } of changes) {
        const isBack = target === last && target instanceof HTMLButtonElement && !target.disabled
        if (isBack && document.activeElement === document.body) target.focus({ preventScroll: true })
      }
    })
    observer.observe(document.body, { attributeFilter: ['disabled'], subtree: true })
    document.addEventListener('focusin', moved)
    return () => {
      observer.disconnect()
      document.removeEventListener('focusin', moved)
    }
  }, [])
}

/** A button that had the focus and can no longer be pressed gives it to the element with this id. */
export function useFocusWhenOff(isOff: boolean, home: string): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null)
  const hadIt = useRef(false)
  useEffect(() => {
    const moved = ({ target }: FocusEvent) => {
      hadIt.current = target === button.current
    }
    document.addEventListener('focusin', moved)
    return () => document.removeEventListener('focusin', moved)
  }, [])
  useEffect(() => {
    const at = document.activeElement
    if (isOff && hadIt.current && (at === document.body || at === button.current)) document.getElementById(home)?.focus({ preventScroll: true })
  }, [isOff, home])
  return button
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
