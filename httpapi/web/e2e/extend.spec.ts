import { environmentCard, expect, expectAccessible, instanceCard, runningInstance, test } from './site'

test('a notebook is extended by its user, and other pages see it at once', async ({ page, context, backstage }) => {
  await backstage.environment('Longer', { maximum_lifetime: '1h', maximum_extension: '2h' })
  await backstage.environment('Fixed', { maximum_lifetime: '1h' })
  await page.goto('/')
  await expect(environmentCard(page, 'Longer')).toContainText('1 h, extendable to 3 h')
  await expect(environmentCard(page, 'Fixed')).not.toContainText('extendable')
  for (const name of ['Longer', 'Fixed']) await environmentCard(page, name).getByRole('button', { name: 'Launch new' }).click()
  const card = instanceCard(page, 'Longer')
  await expect(card).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
  await expect(instanceCard(page, 'Fixed')).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
  await expect(instanceCard(page, 'Fixed').getByRole('button', { name: 'Extend' })).toHaveCount(0)

  const other = await context.newPage()
  await other.goto('/')
  const endOf = async (at: typeof page) => Date.parse((await instanceCard(at, 'Longer').getByRole('time').getAttribute('datetime')) ?? '')
  const before = await endOf(page)
  await card.getByRole('button', { name: 'Extend' }).press('Enter')
  await expect(card.getByRole('status')).toContainText(/It now runs until \d/)
  const after = await endOf(page)
  expect(after, 'an hour from now on, not two').toBeGreaterThan(before)
  expect(after - before).toBeLessThan(90_000)
  await expect.poll(() => endOf(other), { timeout: 1000 }).toBe(after)
  await expectAccessible(page)
})

for (const { why, extendable, drains, words } of [
  { why: 'at its latest end', extendable: 3600, drains: false, words: 'It is extended as far as is allowed.' },
  { why: 'in shutdown mode', extendable: 7200, drains: true, words: 'It cannot be extended: the service is in shutdown mode.' },
]) {
  test(`${why} a notebook cannot be extended, and its card says so`, async ({ page }) => {
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
    const instance = runningInstance({ expires_at: at(3600), extendable_until: at(extendable) })
    await page.route('**/api/v1/instances?*', (route) => route.fulfill({ json: { items: [instance], next_cursor: null } }))
    if (drains) {
      await page.route('**/api/v1/pool', async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), state: 'draining' } })
      })
    }
    await page.goto('/')
    const card = instanceCard(page, 'RStudio')
    await expect(card.getByRole('button', { name: 'Extend' })).toBeDisabled()
    await expect(card).toContainText(words)
  })
}
