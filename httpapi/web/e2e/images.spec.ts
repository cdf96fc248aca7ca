import { cardOf, expectFitsEverywhere, firstImage, placesOf, type Image } from './imagecard'
import { expect, expectAccessible, test } from './site'

test('the images page shows the image that is there, who uses it, and that the host has it', async ({ page, backstage }) => {
  const { name: environment, id } = await backstage.environment('Uses the image')
  const { name, id: digest, file } = await firstImage(page)
  await page.goto('/')
  await page.getByRole('link', { name: 'Images', exact: true }).click()
  const card = cardOf(page, name)
  await expect(card).toContainText(file)
  await expect(card).toContainText(digest.replace('sha256:', '').slice(0, 12))
  await expect(card.getByRole('link', { name: environment })).toHaveAttribute('href', `/configure/blueprints/${id}`)
  await expect(card).toContainText('No notebook runs it.')
  const place = placesOf(card).first()
  await expect(place).toContainText('present')
  await expect(place.getByRole('button'), 'nothing is to be pushed').toHaveCount(0)
  await expect(card.getByRole('button', { name: `Push ${name} to all hosts` })).toBeDisabled()
  await expectFitsEverywhere(page)

  await page.goto('/pool')
  await page.getByRole('region', { name: 'Images' }).getByRole('link').click()
  await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeVisible()
})

test('a push is offered where the image is not, and told as it goes', async ({ page }) => {
  const { name } = await firstImage(page)
  const { items: hosts } = (await (await page.request.get('/api/v1/hosts')).json()) as { items: { id: string }[] }
  const host = hosts[0] as { id: string }
  const place = { host_id: host.id, state: 'absent', sent: 0, total: 0, skipped: 0, eta_seconds: null, failure: '' }
  const others = [
    { ...place, host_id: 'h-failed', state: 'failed', failure: 'it needs 9 GiB and the host has 2 GiB free' },
    { ...place, host_id: 'h-sending', state: 'sending', sent: 30 * 2 ** 20, total: 120 * 2 ** 20, skipped: 300 * 2 ** 20, eta_seconds: 12 },
    { ...place, host_id: 'h-waiting', state: 'waiting' },
  ]
  await page.route('**/api/v1/hosts', async (route) => {
    const { items } = (await (await route.fetch()).json()) as { items: object[] }
    const failed = { ...items[0], id: 'h-failed', name: 'pb_dd_failed', state: 'active' }
    await route.fulfill({ json: { items: [...items, failed], next_cursor: null } })
  })
  await page.route('**/api/v1/images', async (route) => {
    const { items } = (await (await route.fetch()).json()) as { items: Image[] }
    const outdated = [{ instance_id: 'i-old', instance_name: 'pb-old-otter', image_id: 'sha256:old' }]
    await route.fulfill({ json: { items: items.map((image) => Object.assign(image, { outdated, hosts: [place, ...others] })), next_cursor: null } })
  })
  const asked: unknown[] = []
  await page.route('**/api/v1/images/*/push', async (route) => {
    asked.push(route.request().postDataJSON())
    await route.fulfill({ status: 202, json: {} })
  })
  await page.goto('/images')
  const card = cardOf(page, name)
  await expect(card).toContainText('1 notebook runs an older version: pb-old-otter')
  const places = placesOf(card)
  await expect(places.filter({ hasText: 'h-sending' })).toContainText('sending, 30 MiB of 120 MiB, 300 MiB were there already, about 12 s left')
  await expect(places.filter({ hasText: 'h-sending' }).getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25')
  await expect(places.filter({ hasText: 'h-waiting' }).getByRole('button')).toHaveCount(0)
  await expect(places.filter({ hasText: 'pb_dd_failed' })).toContainText('failed: it needs 9 GiB and the host has 2 GiB free')
  const heights = await places.evaluateAll((rows) => rows.map((row) => Math.round(row.getBoundingClientRect().height)))
  expect(new Set(heights).size, `nothing jumps when a push begins or ends: ${heights.join(', ')}`).toBe(1)
  await expectFitsEverywhere(page)

  await places.filter({ hasText: 'absent' }).getByRole('button', { name: /^Push/ }).press('Enter')
  await expect.poll(() => asked).toEqual([{ host_ids: [host.id] }])
  await places.filter({ hasText: 'pb_dd_failed' }).getByRole('button').click()
  await expect.poll(() => asked).toHaveLength(2)
  await card.getByRole('button', { name: `Push ${name} to all hosts` }).click()
  await expect.poll(() => asked).toEqual([{ host_ids: [host.id] }, { host_ids: ['h-failed'] }, {}])
})

test('a pull tells how far it is, can be cancelled, and leads to its image', async ({ page }) => {
  const { name, file } = await firstImage(page)
  const at = new Date().toISOString()
  const pull = { id: 'p1', reference: 'rocker/rstudio:4.4', platform: 'linux/amd64', state: 'pulling', got: 150 * 2 ** 20, total: 600 * 2 ** 20, file: '', failure: '', started_at: at, ended_at: null }
  const done = { ...pull, id: 'p2', reference: name, state: 'done', got: pull.total, file, ended_at: at }
  const failed = { ...pull, state: 'failed', reference: 'quay.io/nobody/nothing', failure: 'the registry has no such image' }
  await page.route('**/api/v1/image-pulls', (route) => route.fulfill({ json: { items: [pull, done, { ...failed, id: 'p3' }, { ...failed, id: 'p4' }, { ...failed, id: 'p5' }], next_cursor: null } }))
  let cancelled = false
  await page.route('**/api/v1/image-pulls/p1', async (route) => {
    cancelled = route.request().method() === 'DELETE'
    await route.fulfill({ status: 204, body: '' })
  })
  await page.goto('/images')
  const rows = page.getByRole('list', { name: 'Pulls', exact: true }).getByRole('listitem')
  const underway = rows.filter({ hasText: 'rocker/rstudio:4.4' })
  await expect(underway).toContainText('150 MiB of 600 MiB, 25 %')
  await expect(underway).toContainText(/for [1-9]\d* s/)
  await expect(underway.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25')
  await expect(rows, 'older ones are folded away').toHaveCount(3)
  await page.getByText('Earlier pulls (2)').click()
  await expect(page.getByRole('list', { name: 'Earlier pulls (2)' }).getByRole('listitem')).toHaveCount(2)
  await expect(cardOf(page, name)).toContainText('just pulled')
  await expectFitsEverywhere(page)

  await underway.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => cancelled).toBe(true)
  await rows.filter({ hasText: 'Done' }).getByRole('link', { name: 'Show the image' }).press('Enter')
  await expect(cardOf(page, name)).toBeFocused()
})

test('a blueprint says when its image is not there, and offers those that are', async ({ page, backstage }) => {
  const { name } = await firstImage(page)
  const { id } = await backstage.environment('Chooses')
  await page.goto(`/configure/blueprints/${id}`)
  const field = page.getByRole('combobox', { name: 'Image' })
  await expect(field).toHaveValue(name)
  await expect(field).not.toHaveAccessibleDescription(/There is no image/)
  await field.fill('nobody/nothing')
  await expect(field).toHaveAccessibleDescription(/There is no image nobody\/nothing in the image directory/)
  await expectAccessible(page)
  await field.fill('')
  await page.getByRole('option', { name, exact: true }).click()
  await expect(field).toHaveValue(name)
  await expect(field).not.toHaveAccessibleDescription(/There is no image/)
})

test('a launch tells how far its image is, what was there already, and how long it takes', async ({ page }) => {
  const at = new Date().toISOString()
  const { id: me } = (await (await page.request.get('/api/v1/me')).json()) as { id: string }
  const launching = {
    id: 'i1', name: 'pb-otter', state: 'provisioning', stage: 'image', stage_since: at, passed: [{ stage: 'queueing', seconds: 0.1 }], blueprint_id: 'b1', blueprint_name: 'Heavy',
    user_id: me, host_id: 'h1', image: 'demo', image_id: 'sha256:a', url: '', created_at: at, started_at: null, expires_at: null, ended_at: null, end_reason: '', failure: null, queue: null,
    image_progress: { sent: 30 * 2 ** 20, total: 120 * 2 ** 20, skipped: 300 * 2 ** 20, eta_seconds: 61.5 }, memory_limit: 1, slots: 1,
  }
  await page.route('**/api/v1/instances?*', (route) => route.fulfill({ json: { items: [launching], next_cursor: null } }))
  await page.route('**/api/v1/instances/i1', (route) => route.fulfill({ json: launching }))
  for (const path of ['/', '/launches/i1']) {
    await page.goto(path)
    const step = page.getByRole('list', { name: 'Steps of the launch' }).getByRole('listitem').filter({ hasText: 'Copying the image' })
    await expect(step).toContainText('30 MiB of 120 MiB, 300 MiB were there already, about 1 min 2 s left')
    await expect(step.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25')
  }
  await expectFitsEverywhere(page)
})

test('the pool page tells the room of a host’s disk', async ({ page }) => {
  await page.route('**/api/v1/hosts', async (route) => {
    const { items } = (await (await route.fetch()).json()) as { items: object[] }
    const disk = { total: 40 * 2 ** 30, free: 12 * 2 ** 30, at: new Date().toISOString() }
    await route.fulfill({ json: { items: items.map((host) => Object.assign(host, { disk })), next_cursor: null } })
  })
  await page.goto('/pool')
  await expect(page.getByRole('meter', { name: 'Disk' }).first()).toHaveAttribute('aria-valuetext', '12 GiB of 40 GiB free')
  await expectFitsEverywhere(page)
})
