import { expect, expectAccessible, runningInstance, test } from './site'

test('everybody’s instances are searched, sorted, read and destroyed together', async ({ page, guest, backstage }) => {
  const { id, name } = await backstage.environment(`For two ${Date.now()}`, { maximum_instances_per_user: 3 })
  for (const who of [page.request, guest.page.request, guest.page.request]) {
    expect((await who.post('/api/v1/instances', { data: { blueprint_id: id } })).status()).toBe(202)
  }
  await page.goto('/instances')
  const table = page.getByRole('table', { name: 'Instances' })
  const search = page.getByRole('searchbox', { name: 'Search' })
  await search.fill(name)
  const rows = table.getByRole('row').filter({ has: page.getByRole('checkbox') })
  await expect(rows).toHaveCount(3)
  await expect(rows.filter({ hasText: 'Running' })).toHaveCount(3, { timeout: 30_000 })
  await search.fill(`${name} guest`)
  await expect(rows).toHaveCount(2)
  await table.getByRole('button', { name: 'Sort by Name' }).click()
  const names = await rows.locator('[data-column="name"]').allInnerTexts()
  expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b, undefined, { numeric: true })))
  await rows.first().getByRole('button', { name: /^Logs of/ }).click()
  await expect(page.getByRole('dialog').getByRole('log')).toBeVisible()
  await page.keyboard.press('Escape')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }

  // What the guest begins is seen at once.
  expect((await guest.page.request.post('/api/v1/instances', { data: { blueprint_id: id } })).status()).toBe(202)
  await expect(rows).toHaveCount(3, { timeout: 1500 })
  await page.getByRole('checkbox', { name: 'Choose all that are shown' }).press('Space')
  await page.getByRole('button', { name: 'Destroy 3 notebooks' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Destroy 3 notebooks?' })
  await expect(dialog).toContainText('of one person')
  await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused()
  await dialog.getByRole('button', { name: 'Destroy' }).click()
  await expect(dialog).toBeHidden()
  await expect(search, 'the button that had the focus is gone').toBeFocused()
  await expect(page.getByText('No notebook fits.')).toBeVisible({ timeout: 30_000 })
  await search.fill(name)
  await expect(rows, 'the administrator’s own was not chosen').toHaveCount(1)
})

test('two thousand instances scroll without two thousand rows in the page', async ({ page }) => {
  await page.route('**/api/v1/instances?*all=true*', async (route) => {
    const items = Array.from({ length: 2000 }, (_, n) => runningInstance({ id: `i${n}`, name: `pb-${n}`, user_id: `u${n}`, user: `user-${n}@example.org` }))
    await route.fulfill({ json: { items, next_cursor: null } })
  })
  await page.goto('/instances')
  const table = page.getByRole('table', { name: 'Instances' })
  await expect(page.getByRole('status').filter({ hasText: '2000 of 2000 notebooks' })).toBeVisible()
  await expect(table).toHaveAttribute('aria-rowcount', '2001')
  expect(await table.getByRole('row').count()).toBeLessThan(60)
  // A frame each: what is scrolled to is drawn in the next one, and none takes long.
  const slowest = await page.getByRole('region', { name: 'Instances' }).evaluate(async (box) => {
    const frame = () => new Promise<number>(requestAnimationFrame)
    let [last, longest] = [await frame(), 0]
    for (let top = 0; top < box.scrollHeight; top += 2000) {
      box.scrollTop = top
      const now = await frame()
      longest = Math.max(longest, now - last)
      last = now
    }
    box.scrollTop = box.scrollHeight
    return longest
  })
  test.info().annotations.push({ type: 'slowest frame', description: `${slowest} ms` })
  await expect(table.locator('[aria-rowindex="2001"]')).toBeVisible()
  await page.setViewportSize({ width: 360, height: 740 })
  await page.reload()
  await expect(table.getByRole('row').nth(2)).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
})
