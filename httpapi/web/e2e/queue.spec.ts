import type { Page } from '@playwright/test'
import { endAll, expect, test } from './emulated'
import { expectAccessible, makeEnvironment } from './site'

/** The step of an open launch page at which it waits for its place. */
const waiting = (page: Page) => page.getByRole('list', { name: 'Steps of the launch' }).getByRole('listitem').filter({ hasText: 'Waiting for a place' })

test('a queue of three moves up on its open pages when a place gets free, and when somebody leaves it', async ({ engine, open }) => {
  const { id } = await makeEnvironment(engine.admin, 'One at a time', { memory_limit: '64m', maximum_instances_per_user: 4 })
  const launch = async () => ((await (await engine.admin.post('/api/v1/instances', { data: { blueprint_id: id } })).json()) as { id: string }).id
  const first = await launch()
  const pages = [await open(engine, `/launches/${first}`)]
  for (let n = 0; n < 3; n++) {
    pages.push(await open(engine, `/launches/${await launch()}`))
  }
  const [one, two, three, four] = pages as [Page, Page, Page, Page]
  const loads: string[] = []
  for (const page of [two, three, four]) page.on('load', () => loads.push(page.url()))
  await expect(one, 'the one that has the place').toHaveTitle('Demo notebook')
  await expect(waiting(two)).toContainText('Position 1 in the queue: all slots are taken')
  await expect(waiting(three)).toContainText('Position 2 in the queue')
  await expect(waiting(four)).toContainText('Position 3 in the queue')
  await expect(two).toHaveTitle(/^Launching/)
  await expectAccessible(three)
  const pool = await open(engine, '/pool')
  const queue = pool.getByRole('list', { name: 'Queue' }).getByRole('listitem')
  await expect(queue).toHaveCount(3)
  await expect(queue.first()).toContainText(/^1\. .*One at a time, admin@localhost, 1 slot, waits since \d\d:\d\d: all slots are taken/)
  await expectAccessible(pool)

  await test.step('who leaves the queue makes room behind', async () => {
    await three.getByRole('button', { name: 'Cancel launch' }).press('Enter')
    await expect(three.getByRole('heading', { level: 1, name: 'One at a time has ended' })).toBeVisible()
    await expect(waiting(four)).toContainText('Position 2 in the queue')
    await expect(queue).toHaveCount(2)
  })
  await test.step('the end of the first moves the others', async () => {
    expect(loads, 'no page was loaded anew so far').toEqual([])
    expect((await engine.admin.delete(`/api/v1/instances/${first}`)).status()).toBe(202)
    await expect(two).toHaveTitle('Demo notebook')
    await expect(waiting(four)).toContainText('Position 1 in the queue')
    expect(loads.filter((url) => url.includes('/launches/')), 'the pages moved by themselves').toEqual([])
  })
  await endAll(engine)
})

test('who leaves the launch page does not cancel, and comes back to the same launch', async ({ engine, open }) => {
  const { id } = await makeEnvironment(engine.admin, 'In no hurry', { memory_limit: '64m', maximum_instances_per_user: 2 })
  const launch = async () => (await (await engine.admin.post('/api/v1/instances', { data: { blueprint_id: id } })).json()) as { id: string; name: string }
  await launch()
  const { id: waits, name } = await launch()
  const page = await open(engine, `/launches/${waits}`)
  const picture = page.locator('link[rel="icon"]')
  await expect(waiting(page)).toContainText('Position 1 in the queue')
  await expect(picture).toHaveAttribute('href', '/favicon-waiting.svg')

  await page.getByRole('link', { name: 'DockerDriver' }).click()
  const card = page.getByRole('article', { name, exact: true })
  await expect(card.getByText('Waiting', { exact: true })).toBeVisible()
  await expect(picture, 'other pages have their own').toHaveAttribute('href', /favicon\.svg$/)
  await page.goBack()
  await expect(waiting(page)).toContainText('Position 1 in the queue')

  await page.close()
  const again = await open(engine, '/')
  await expect(again.getByRole('article', { name, exact: true }).getByRole('list', { name: 'Steps of the launch' })).toContainText('Position 1 in the queue')
  await endAll(engine)
})
