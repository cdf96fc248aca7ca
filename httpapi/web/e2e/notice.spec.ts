import type { Page } from '@playwright/test'
import { expect, expectAccessible, runningInstance, test } from './site'

interface Told {
  title: string
  body: string
}

/** Notifications are recorded instead of shown: what a desktop does with them is not ours. */
async function recorded(page: Page) {
  await page.context().grantPermissions(['notifications'])
  await page.addInitScript(() => {
    const told: Told[] = []
    class Recorded {
      static permission = 'granted'
      static requestPermission = () => Promise.resolve('granted')
      addEventListener = () => undefined
      constructor(title: string, { body }: { body: string }) {
        told.push({ title, body })
      }
    }
    Object.assign(window, { Notification: Recorded, told })
  })
  return () => page.evaluate(() => (window as unknown as { told: Told[] }).told)
}

test('the browser tells before a notebook ends, if its reader wants that', async ({ page }) => {
  const told = await recorded(page)
  const ends = new Date(Date.now() + 9.5 * 60_000).toISOString()
  await page.route('**/api/v1/instances?*', (route) => route.fulfill({ json: { items: [runningInstance({ expires_at: ends })], next_cursor: null } }))
  await page.goto('/account')
  const wish = page.getByRole('switch', { name: /before it ends/ })
  await expect(wish).not.toBeChecked()
  expect(await told()).toEqual([])
  await wish.press('Space')
  await expect(wish).toBeChecked()
  await expect.poll(told).toEqual([{ title: 'RStudio, pb-otter', body: expect.stringMatching(/^Ends in 9:\d\d\. Download/) as unknown as string }])
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Dashboard' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible()
  expect(await told(), 'once').toHaveLength(1)
  await expect(page).toHaveTitle(/^9:\d\d · Dashboard/)
})

test('who looks elsewhere is told that a launch is ready', async ({ page, backstage }) => {
  const { id, name } = await backstage.environment(`Awaited ${Date.now()}`)
  const told = await recorded(page)
  await page.addInitScript(() => {
    localStorage.setItem('dockerdriver.notify', 'on')
    Object.defineProperty(document, 'hidden', { get: () => sessionStorage.getItem('elsewhere') !== null })
  })
  await page.goto('/')
  await expect(page.getByText('No notebook is running'), 'what runs at the first look is no news').toBeVisible()
  await page.evaluate(() => sessionStorage.setItem('elsewhere', 'yes'))
  expect((await page.request.post('/api/v1/instances', { data: { blueprint_id: id } })).status()).toBe(202)
  await expect.poll(told, { timeout: 60_000 }).toEqual([{ title: expect.stringContaining(name) as unknown as string, body: 'It is ready.' }])
})
