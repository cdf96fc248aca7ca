import { useEffect } from 'react'

/** How a launch stands, as the browser's tab shows it. Files of our own: the content policy knows no others. */
const files = { waiting: '/favicon-waiting.svg', ready: '/favicon-ready.svg', failed: '/favicon-failed.svg' }

/** The tab's picture says how the launch stands, for who waits in another tab; it is the product's again on other pages. */
export function useLaunchFavicon(state: keyof typeof files | null): void {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    if (!state || !link) return
    const before = link.href
    link.href = files[state]
    return () => {
      link.href = before
    }
  }, [state])
}
