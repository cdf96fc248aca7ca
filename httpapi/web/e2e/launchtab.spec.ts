import type { Instance } from '../src/api/model'
import { expect, runningInstance, test } from './site'

const states: { why: string; instance: Partial<Instance>; title: RegExp; picture: string }[] = [
  { why: 'waits for a place', instance: { state: 'queueing', started_at: null }, title: /^Launching…/, picture: '/favicon-waiting.svg' },
  { why: 'is under way', instance: { state: 'provisioning', stage: 'creating', started_at: null }, title: /^Launching…/, picture: '/favicon-waiting.svg' },
  { why: 'is ready', instance: { state: 'running' }, title: /^Ready/, picture: '/favicon-ready.svg' },
  { why: 'has failed', instance: { state: 'failed', started_at: null }, title: /^Launch failed/, picture: '/favicon-failed.svg' },
  { why: 'was cancelled', instance: { state: 'deleted', started_at: null, end_reason: 'owner' }, title: /^Ended/, picture: '/favicon.svg' },
]

test('the tab of a launch shows how it stands, in its title and its picture', async ({ page }) => {
  const { id: user_id } = (await (await page.request.get('/api/v1/me')).json()) as { id: string }
  let instance: Partial<Instance> = {}
  await page.route('**/api/v1/instances/i1', (route) => route.fulfill({ json: runningInstance({ user_id, ...instance }) }))
  // An answer without content leaves the page where it is: the notebook is slow.
  await page.route('https://x.localhost/', (route) => route.fulfill({ status: 204 }))
  for (const { why, instance: now, title, picture } of states) {
    await test.step(`a launch that ${why}`, async () => {
      instance = now
      await page.goto('/launches/i1')
      await expect(page).toHaveTitle(title)
      await expect(page.locator('link[rel="icon"]')).toHaveAttribute('href', picture)
      const answer = await page.request.get(picture)
      expect(answer.status()).toBe(200)
      expect(answer.headers()['content-type']).toContain('image/svg+xml')
    })
  }
  await page.getByRole('link', { name: 'Go to the dashboard' }).click()
  await expect(page).toHaveTitle(/^Dashboard/)
  await expect(page.locator('link[rel="icon"]')).toHaveAttribute('href', /\/favicon\.svg$/)
})
