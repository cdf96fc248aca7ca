import type { Page } from '@playwright/test'
import { expect, expectAccessible, expectPageBehind, test } from './site'

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

/** A pool in whose cloud something is without a record; what is released goes from it. */
async function strayed(page: Page) {
  const made = { created_at: ago(10), found_at: ago(5), reason: 'it was made for host gone, of which there is no record', host_id: 'gone', release_at: ago(-20) }
  let strays = [
    { ...made, kind: 'server', id: 's-1', name: 'pb_dd_old' },
    { ...made, kind: 'volume', id: 'v-1', name: 'pb_dd_old-data' },
    { ...made, kind: 'security group', id: 'g-1', name: 'pb_dd_unknown', host_id: '', reason: 'it carries our mark, which names no host', release_at: null },
  ]
  const asked: string[] = []
  await page.route('**/api/v1/pool', async (route) => {
    const pool = (await (await route.fetch()).json()) as object
    await route.fulfill({ json: { ...pool, strays } })
  })
  return {
    asked,
    release: (host: object) =>
      page.route('**/api/v1/pool/strays/*', async (route) => {
        asked.push(`${route.request().method()} ${new URL(route.request().url()).pathname}`)
        strays = strays.filter(({ host_id }) => host_id !== 'gone')
        await route.fulfill({ status: 202, json: host })
      }),
    refuse: (problem: { status: number; code: string; detail: string; hint: string }) =>
      page.route('**/api/v1/pool/strays/*', async (route) => {
        strays = strays.filter(({ id }) => id !== 'v-1')
        await route.fulfill({ status: problem.status, json: problem })
      }),
  }
}

test('a stray tells why it is one, and is released when that is confirmed', async ({ page }) => {
  const { asked, release } = await strayed(page)
  const { items } = (await (await page.request.get('/api/v1/hosts')).json()) as { items: object[] }
  await release({ ...items[0], id: 'gone', name: 'pb_dd_old', state: 'removing', stage: '', slots: 0, slots_used: 0, trouble: [] })
  await page.goto('/pool')
  const region = page.getByRole('region', { name: 'In the cloud without a record' })
  const volume = region.getByRole('listitem').filter({ hasText: 'pb_dd_old-data' })
  await expect(volume).toContainText('v-1')
  await expect(volume).toContainText(/There since .*, seen since .*Made for host gone, of which there is no record\. Released by itself at/)
  const unknown = region.getByRole('listitem').filter({ hasText: 'pb_dd_unknown' })
  await expect(unknown).toContainText('Its mark names no host. It is not released from here')
  await expect(unknown.getByRole('button'), 'whose it is cannot be told').toHaveCount(0)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }

  await volume.getByRole('button', { name: 'Release pb_dd_old-data (Volume)' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Release pb_dd_old-data now?' })
  await expect(dialog.getByRole('listitem')).toHaveText([/Server pb_dd_old s-1/, /Volume pb_dd_old-data v-1/])
  await expect(dialog.getByRole('button', { name: 'Keep them' })).toBeFocused()
  await expectPageBehind(page, dialog)
  await expectAccessible(page)
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  expect(asked, 'nothing is released without a yes').toEqual([])
  await expect(volume).toBeVisible()

  await volume.getByRole('button').click()
  await dialog.getByRole('button', { name: 'Release' }).click()
  await expect(dialog).toBeHidden()
  await expect(volume).toHaveCount(0)
  await expect(region).toContainText('pb_dd_unknown')
  await expect(page.getByRole('article', { name: 'pb_dd_old', exact: true }), 'it goes as a host').toContainText('Removing')
  expect(asked).toEqual(['DELETE /api/v1/pool/strays/v-1'])
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
})

test('a stray that cannot be released says why, also when it has left the list', async ({ page }) => {
  const { refuse } = await strayed(page)
  await refuse({ status: 409, code: 'CONFLICT', detail: "A host's record owns this now, so it is not released.", hint: 'Release that host instead, if it is to go.' })
  await page.goto('/pool')
  await page.getByRole('button', { name: 'Release pb_dd_old-data (Volume)' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Release' }).click()
  await expect(dialog.getByRole('alert')).toContainText("A host's record owns this now, so it is not released.")
  await expect(dialog.getByRole('alert')).toContainText('Release that host instead')
  await expect(page.locator('section', { hasText: 'In the cloud without a record' }), 'the list is read anew').not.toContainText('v-1')
  await expect(dialog.getByRole('alert'), 'and the reason stays').toBeVisible()
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Keep them' }).click()
  await expect(dialog).toHaveCount(0)
})
