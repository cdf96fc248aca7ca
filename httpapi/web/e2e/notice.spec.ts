import { expect, expectAccessible, runningInstance, test } from './site'

interface Told {
  title: string
  body: string
}

test('the browser tells before a notebook ends, if its reader wants that', async ({ page, context }) => {
  await context.grantPermissions(['notifications'])
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
  const told = () => page.evaluate(() => (window as unknown as { told: Told[] }).told)
  const ends = new Date(Date.now() + 9.5 * 60_000).toISOString()
  await page.route('**/api/v1/instances?*', (route) => route.fulfill({ json: { items: [runningInstance({ expires_at: ends })], next_cursor: null } }))
  await page.goto('/account')
  const wish = page.getByRole('switch', { name: /before a notebook ends/ })
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
