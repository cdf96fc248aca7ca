import type { Page } from '@playwright/test'

const isBroken = (words: string | undefined) => words?.includes('net::ERR_NETWORK_CHANGED') ?? false

/**
 * Loads a page again when Chromium has broken it off, as its reader would: it does so
 * whenever the machine's network changes, and here containers come and go.
 */
export function steady(page: Page): void {
  const goto = page.goto.bind(page)
  page.goto = async (url, options) => {
    try {
      return await goto(url, options)
    } catch (error) {
      if (!isBroken(String(error))) throw error
      return goto(url, options)
    }
  }
  let loadsAgain = false
  page.on('requestfailed', (request) => {
    if (loadsAgain || request.resourceType() !== 'script' || !isBroken(request.failure()?.errorText)) return
    loadsAgain = true
    void page
      .waitForLoadState()
      .then(() => page.reload())
      .catch(() => undefined) // the page was closed meanwhile
      .finally(() => (loadsAgain = false))
  })
}
