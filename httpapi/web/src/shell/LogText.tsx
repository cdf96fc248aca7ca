import { useEffect, useRef } from 'react'
import classes from './LogText.module.css'

/** How near to the end, in pixels, a reader counts as following it. */
const nearEnd = 40

/** The lines of a log, newest last; who reads its end is kept there while it grows. */
export function LogText({ text, label }: { text: string; label: string }) {
  const box = useRef<HTMLPreElement>(null)
  const follows = useRef(true)
  useEffect(() => {
    if (text && box.current && follows.current) box.current.scrollTop = box.current.scrollHeight
  }, [text])
  const scrolled = () => {
    const at = box.current
    if (at) follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < nearEnd
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <pre ref={box} className={classes['log']} data-tall tabIndex={0} role="log" aria-label={label} onScroll={scrolled}>
      {text}
    </pre>
  )
}
