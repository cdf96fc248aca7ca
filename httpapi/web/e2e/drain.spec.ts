import { environmentCard, expect, expectAccessible, instanceCard, test } from './site'

test('an administrator shuts the pool down from its page, follows what is left, ends it and takes it back', async ({ page, backstage }) => {
  const { id, name } = await backstage.environment(`To be ended ${Date.now()}`, { maximum_lifetime: '8h' })
  await page.goto('/')
  expect((await page.request.post('/api/v1/instances', { data: { blueprint_id: id } })).status()).toBe(202)
  await expect(instanceCard(page, name)).toHaveAttribute('data-state', 'running', { timeout: 30_000 })
  await page.goto('/pool')
  const section = page.getByRole('region', { name: 'Shutdown mode' })
  const dialog = page.getByRole('dialog')
  try {
    await section.getByRole('button', { name: 'Shut down…' }).press('Enter')
    await expect(dialog.getByRole('button', { name: 'Not now' })).toBeFocused()
    await expectAccessible(page)
    await dialog.getByRole('radio', { name: 'is ended in two hours' }).check()
    await expect(dialog).toContainText('People lose what they have not saved')
    await dialog.getByRole('button', { name: 'Shut down' }).click()
    await expect(dialog).toBeHidden()
    await expect(section).toContainText(/Still left: 1 host, 1 notebook\. What still runs at .* is ended then \(in 1 h 59 min\)/)
    await expect(section.getByRole('listitem').filter({ hasText: 'admin@localhost' })).toContainText('it is running')
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page)
    }
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)

    await section.getByRole('button', { name: 'Change the deadline…' }).click()
    await dialog.getByRole('radio', { name: 'is ended now' }).check()
    await dialog.getByRole('button', { name: 'Set' }).click()
    await expect(section).toContainText('Nothing of the pool is left in the cloud.', { timeout: 60_000 })
    await section.getByRole('button', { name: 'Run again' }).click()
    await expect(section.getByRole('button', { name: 'Shut down…' })).toBeVisible()
  } finally {
    await page.request.delete('/api/v1/pool/drain')
  }
  await page.goto('/')
  await expect(environmentCard(page, name).getByRole('button', { name: 'Launch new' })).toBeEnabled()
  // The tests after this one find a host.
  await expect(async () => {
    const { items } = (await (await page.request.get('/api/v1/hosts')).json()) as { items: { state: string }[] }
    expect(items.some(({ state }) => state === 'active')).toBe(true)
  }).toPass({ timeout: 60_000 })
})
