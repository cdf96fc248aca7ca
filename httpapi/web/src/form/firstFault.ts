import { useEffect, type RefObject } from 'react'

/** Leads the reader to the first field that is refused, by the form at a try or by the server after it. */
export function useFirstFault(form: RefObject<HTMLElement | null>, tries: number, refusal: Error | null) {
  useEffect(() => {
    if (tries === 0 && refusal === null) return undefined
    // The form shows what the server refused one rendering later.
    const frame = requestAnimationFrame(() => {
      const field = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
      field?.focus({ preventScroll: true })
      field?.scrollIntoView({ block: 'center' })
    })
    return () => cancelAnimationFrame(frame)
  }, [form, tries, refusal])
}
