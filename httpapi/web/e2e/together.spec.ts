import { environmentCard, expect, instanceCard, test } from './site'

/** Within which somebody else sees a change: a second, and what a busy machine takes to draw. */
const soon = { timeout: 1500 }

test('an administrator and a user see at once what the other does', async ({ page, guest, context, backstage }) => {
  const { name } = await backstage.environment(`Between two ${Date.now()}`)
  const theirs = environmentCard(guest.page, name)
  const blueprint = page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) })
  await guest.page.goto('/')
  await expect(theirs).toBeVisible()
  await page.goto('/configure')

  await test.step('what is deactivated can no longer be launched, and comes back', async () => {
    await blueprint.getByRole('button', { name: 'Deactivate' }).click()
    await expect(theirs).toBeHidden(soon)
    await blueprint.getByRole('button', { name: 'Activate' }).click()
    await expect(theirs).toBeVisible(soon)
  })
  const everybody = await context.newPage()
  const pool = await context.newPage()
  await everybody.goto('/instances')
  await pool.goto('/pool')
  const row = everybody.getByRole('table', { name: 'Instances' }).getByRole('row').filter({ hasText: guest.email })
  await expect(everybody.getByRole('searchbox', { name: 'Search' })).toBeVisible()
  await expect(row).toHaveCount(0)
  const used = async () => {
    const meters = await pool.getByRole('meter', { name: 'Slots' }).all()
    const values = await Promise.all(meters.map((meter) => meter.getAttribute('aria-valuenow')))
    return values.reduce((sum, value) => sum + Number(value), 0)
  }
  await expect(pool.getByRole('meter', { name: 'Slots' }).first()).toBeVisible()
  const before = await used()

  await test.step('what the user launches is on the administrator’s pages', async () => {
    await theirs.getByRole('button', { name: 'Launch new' }).click()
    await expect(row).toHaveCount(1, soon)
    await expect(row).toContainText(name)
    await expect.poll(used, soon).toBe(before + 1)
    await expect(instanceCard(guest.page, name)).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
    await expect(row).toContainText('Running', soon)
  })
  await test.step('what the user destroys is gone from them', async () => {
    await instanceCard(guest.page, name).getByRole('button', { name: 'Destroy' }).click()
    await guest.page.getByRole('dialog').getByRole('button', { name: 'Destroy' }).click()
    await expect(instanceCard(guest.page, name)).toBeHidden()
    await expect(row).toHaveCount(0, soon)
    await expect.poll(used, soon).toBe(before)
  })
  await test.step('what the administrator destroys is gone from the user’s dashboard, with the reason', async () => {
    await theirs.getByRole('button', { name: 'Launch new' }).click()
    await expect(row).toContainText('Running', { timeout: 60_000 })
    await row.getByRole('checkbox').press('Space')
    await everybody.getByRole('button', { name: 'Destroy 1 notebook' }).press('Enter')
    await everybody.getByRole('dialog').getByRole('button', { name: 'Destroy', exact: true }).click()
    await expect(guest.page.getByRole('region', { name: 'Ended in the last day' })).toContainText('An administrator ended it.', { timeout: 10_000 })
    await expect(instanceCard(guest.page, name)).toBeHidden(soon)
  })
})
