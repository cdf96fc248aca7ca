import { expect, expectAccessible, instanceCard, test } from './site'

test('an administrator opens somebody’s notebook with a reason, and its owner is shown it', async ({ page, guest, backstage }) => {
  const { id: blueprint, name } = await backstage.environment(`Visited ${Date.now()}`)
  const dashboard = guest.page
  const { id } = (await (await dashboard.request.post('/api/v1/instances', { data: { blueprint_id: blueprint } })).json()) as { id: string }
  await dashboard.goto('/')
  const card = instanceCard(dashboard, name)
  await expect(card).toHaveAttribute('data-state', 'running', { timeout: 60_000 })

  await page.goto('/instances')
  await page.getByRole('searchbox', { name: 'Search' }).fill(name)
  const opened = page.waitForEvent('popup')
  await page.getByRole('link', { name: /^Open / }).press('Enter')
  const tab = await opened
  await expect(tab.getByText(`It belongs to ${guest.email}`)).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme })
    await expectAccessible(tab)
  }
  const reason = tab.getByLabel('Reason')
  await reason.fill('   ')
  await reason.press('Enter')
  await expect(tab.getByText("Opening somebody else's notebook takes a reason")).toBeVisible()
  await expect(card).not.toContainText('opened it')
  await reason.fill('Asked for help')
  await reason.press('Enter')
  await tab.waitForURL((url) => url.host !== new URL(page.url()).host && url.pathname === '/') // the notebook itself
  await expect(card.getByRole('status').filter({ hasText: 'Asked for help' })).toContainText('admin@localhost opened it as administrator', { timeout: 1000 })
  await expectAccessible(dashboard)

  const audit = (await (await page.request.get('/api/v1/audit')).json()) as { items: { action: string; target: string; detail: string }[] }
  expect(audit.items.find(({ action, target }) => action === 'instance.open' && target === id)?.detail).toContain('reason: Asked for help')
  await dashboard.goto(`/visits/${id}`)
  await expect(dashboard.getByRole('heading', { level: 1 }), 'it is for administrators').toHaveText('For administrators')
  expect((await dashboard.request.delete(`/api/v1/instances/${id}`)).status()).toBe(202)
  await page.goto(`/visits/${id}`)
  await expect(page.getByText('is not running, so it cannot be opened')).toBeVisible()
})
