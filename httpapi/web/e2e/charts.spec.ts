import type { Page } from '@playwright/test'
import type { PoolHistory } from '../src/api/model'
import { expect, expectAccessible, test, type Backstage } from './site'

interface Launched {
  id: string
  state: string
  launch_estimate: { count: number } | null
}

/** Launches the environment without a page, and waits until it runs. */
async function launched(page: Page, blueprint_id: string): Promise<Launched> {
  const answer = await page.request.post('/api/v1/instances', { data: { blueprint_id } })
  expect(answer.status(), await answer.text()).toBe(202)
  const instance = (await answer.json()) as Launched
  await expect(async () => {
    const { state } = (await (await page.request.get(`/api/v1/instances/${instance.id}`)).json()) as Launched
    expect(state).toBe('running')
  }).toPass({ timeout: 60_000 })
  return instance
}

const environment = (backstage: Backstage, name: string) => backstage.environment(name, { maximum_instances_per_user: 5, memory_limit: '256m' })

/** Whether anything is drawn on every chart. */
const drawn = (page: Page) =>
  page.locator('figure canvas').evaluateAll((all) =>
    all.map((one) => {
      const canvas = one as HTMLCanvasElement
      return canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part > 0) ?? false
    }),
  )

test('a launch is in the charts, which are also tables', async ({ page, backstage }) => {
  await page.goto('/pool')
  const charts = page.getByRole('region', { name: 'Over time' })
  const launches = charts.getByRole('figure', { name: 'Launches and how long they take' })
  await expect(charts.getByRole('figure')).toHaveCount(3)
  await launched(page, (await environment(backstage, 'In the charts')).id)

  await launches.getByText('as a table').click()
  const row = launches.getByRole('row').filter({ has: page.getByRole('cell') }).first()
  await expect(row, 'the chart goes on by itself').toContainText(/^\d\d:\d\d:\d\d – \d\d:\d\d:\d\d[1-9]\d*0.*s$/, { timeout: 40_000 })
  await launches.getByLabel('Time of').selectOption('starting the container')
  await expect(row).toContainText(/\d s$/)
  await expect.poll(() => drawn(page)).toEqual([true, true, true])

  await charts.getByText('Last week').click()
  await expect(row).toContainText(/^\w+,? \d+,? .*\d\d:\d\d – \d\d:\d\d[1-9]/)
  // The launch that is in the charts may be that of another test, whose notebook came and went between two looks.
  await expect
    .poll(async () => ((await (await page.request.get('/api/v1/pool/history?span=day')).json()) as PoolHistory).slots_used.at(-1), { timeout: 40_000 })
    .toBeGreaterThan(0)
  await charts.getByText('Last day').click()
  await charts.getByText('Slots as a table').click()
  const slots = charts.getByRole('table', { name: 'Slots' })
  await expect(slots.getByRole('columnheader')).toHaveText(['Time', 'Most used', 'Fewest free', 'Wanted free'])
  await expect(slots.getByRole('row').nth(1)).toContainText(/^\d\d:00 – \d\d:00[1-9]/)
})

test('charts are accessible, fit a phone, and let nothing on the page jump', async ({ page }) => {
  await page.addInitScript(() => {
    const seen = { shifts: 0 }
    Object.assign(window, { seen })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) seen.shifts += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  const shifts = () => page.evaluate(() => (window as unknown as { seen: { shifts: number } }).seen.shifts)
  await page.goto('/pool')
  const charts = page.getByRole('region', { name: 'Over time' })
  await expect(charts.getByRole('figure')).toHaveCount(3)
  await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0)
  await expect.poll(() => drawn(page)).toEqual([true, true, true])
  const before = await shifts()
  await page.waitForResponse((answer) => answer.url().includes('/pool/history'), { timeout: 30_000 })
  await charts.getByRole('figure').first().locator('.u-over').hover()
  await expect(charts.getByRole('figure').first().locator('figcaption')).toContainText(/\d\d:\d\d:\d\d|now/)
  expect(await shifts(), 'drawn anew, and with the pointer on it').toBeLessThan(before + 0.001)

  for (const summary of await charts.locator('summary').all()) await summary.click()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
  const width = await charts.locator('canvas').first().evaluate((canvas) => canvas.getBoundingClientRect().width)
  expect(width, 'the chart has the phone\'s width').toBeLessThan(360)
})

test('a launch tells how long it usually takes, and when it takes longer', async ({ page, backstage }) => {
  const { id } = await environment(backstage, 'Usually quick')
  const last = [await launched(page, id), await launched(page, id), await launched(page, id)].at(-1)
  expect(last?.launch_estimate, 'two are too few').toBeNull()
  await expect(async () => {
    const launch = await launched(page, id)
    await page.request.delete(`/api/v1/instances/${launch.id}`)
    expect(launch.launch_estimate?.count).toBeGreaterThanOrEqual(3)
  }).toPass({ timeout: 60_000, intervals: [5000] })

  // As it is while it launches, which the demo's notebook does too fast to be seen.
  let age = 5
  await page.route('**/api/v1/instances/*', async (route) => {
    const instance = (await (await route.fetch()).json()) as object
    const created_at = new Date(Date.now() - age * 1000).toISOString()
    const launch_estimate = { p50_seconds: 8.2, p90_seconds: 19.6, count: 12 }
    await route.fulfill({ json: { ...instance, state: 'provisioning', stage: 'starting', created_at, started_at: null, launch_estimate } })
  })
  await page.goto(`/launches/${last?.id}`)
  await expect(page.getByText('Usually ready in 8 to 20 s.')).toBeVisible()
  await expectAccessible(page)
  age = 30
  await page.reload()
  await expect(page.getByText('This takes longer than usual: nine of ten launches were ready within 20 s.')).toBeVisible()
})
