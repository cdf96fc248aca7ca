import type { Locator, Page } from '@playwright/test'
import type { Announcement } from '../src/api/model'
import { test as base, expect, expectAccessible } from './site'

const url = '/api/v1/announcements'
const banner = (page: Page, text: string): Locator => page.getByRole('status').or(page.getByRole('alert')).filter({ hasText: text })
const section = (page: Page): Locator => page.getByRole('region', { name: 'Announcements' })
const card = (page: Page, text: string): Locator => section(page).getByRole('article').filter({ hasText: text })

/** What a field of local date and time takes, of a time from now. */
const field = (hours: number): string => {
  const at = new Date(Date.now() + hours * 3_600_000)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const seconds = (from: number): string => new Date(Date.now() + from * 1000).toISOString()

/** Tests with an open page of somebody who is no administrator; they leave nothing announced. */
const test = base.extend<{ reader: Page; silence: void }>({
  silence: [
    async ({ page }, run) => {
      await run()
      const { items } = (await (await page.request.get(`${url}?all=true`)).json()) as { items: Announcement[] }
      for (const { id } of items) expect((await page.request.delete(`${url}/${id}`)).status()).toBe(204)
    },
    { auto: true },
  ],
  reader: async ({ guest }, run) => {
    const reader = guest.page
    const stream = reader.waitForRequest('**/api/v1/events')
    await reader.goto('/')
    await expect(reader.getByRole('heading', { level: 1 })).toBeVisible()
    await stream
    await run(reader)
  },
})

test('what an administrator announces is on everybody’s open page within a second, and goes when it is removed', async ({ page, reader }) => {
  await page.goto('/configure')
  await expect(section(page)).toContainText('Nothing is announced.')
  await section(page).getByRole('button', { name: 'Announce…' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Announce to everybody' })
  const text = dialog.getByRole('textbox', { name: 'Text' })
  const until = dialog.getByLabel('Until')
  await expect(text).toBeFocused()
  const zone = await page.evaluate(() => new Intl.DateTimeFormat().resolvedOptions().timeZone)
  await expect(until).toHaveAccessibleDescription(new RegExp(zone))

  await dialog.getByRole('button', { name: 'Announce' }).click()
  await expect(text).toHaveAccessibleDescription(/says nothing/)
  await expect(text).toBeFocused()
  await text.fill('Break at noon.\nSave your work.')
  await dialog.getByRole('radio', { name: 'Warning' }).check()
  await dialog.getByLabel('From').fill(field(2))
  await until.fill(field(1))
  await dialog.getByRole('button', { name: 'Announce' }).click()
  await expect(until).toHaveAccessibleDescription(/ends before it begins/)
  await expect(until).toBeFocused()
  await expectAccessible(page)
  await expect(banner(reader, 'Break at noon.')).toBeHidden()

  await dialog.getByLabel('From').fill('')
  await dialog.getByRole('button', { name: 'Announce' }).click()
  await expect(banner(reader, 'Break at noon.')).toBeVisible({ timeout: 1000 })
  await expect(banner(reader, 'Break at noon.')).toContainText('Warning')
  await expect(banner(reader, 'Break at noon.')).toHaveRole('status')
  await expect(dialog).toBeHidden()
  await expect(card(page, 'Break at noon.')).toContainText(/Shown now.*Warning/s)
  await expect(card(page, 'Break at noon.')).toContainText('by admin@localhost')
  for (const each of [page, reader]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await each.emulateMedia({ colorScheme })
      await expectAccessible(each)
    }
    await each.setViewportSize({ width: 360, height: 740 })
    expect(await each.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
  }

  await card(page, 'Break at noon.').getByRole('button', { name: 'Remove…' }).click()
  const asks = page.getByRole('dialog', { name: 'Remove this announcement?' })
  await expect(asks.getByRole('button', { name: 'Keep it' })).toBeFocused()
  await expectAccessible(page)
  await asks.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(banner(reader, 'Break at noon.')).toBeHidden({ timeout: 1000 })
  await expect(section(page)).toContainText('Nothing is announced.')
})

test('a reader dismisses an announcement until it is changed, but none that is critical', async ({ page, reader }) => {
  const made = (await (await page.request.post(url, { data: { text: 'The disk is small.', level: 'info' } })).json()) as Announcement
  const told = (each: Page) => banner(each, 'The disk is small')
  const dismiss = told(reader).getByRole('button', { name: 'Dismiss this announcement' })
  await dismiss.click()
  await expect(told(reader)).toBeHidden()
  const other = await reader.context().newPage()
  for (const load of [() => reader.reload(), () => other.goto('/')]) {
    const read = reader.context().waitForEvent('response', (answer) => answer.url().endsWith(url))
    await load()
    await read
  }
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(told(other)).toBeHidden()
  await expect(told(reader)).toBeHidden()

  const changed = await page.request.put(`${url}/${made.id}`, { data: { text: 'The disk is smaller.', level: 'warning' } })
  expect(changed.status()).toBe(200)
  await expect(told(reader)).toContainText('smaller')
  await dismiss.click()
  await expect(told(other), 'another tab has been told').toBeHidden()
  expect((await page.request.put(`${url}/${made.id}`, { data: { text: 'The disk is small no more: it is full.', level: 'critical' } })).status()).toBe(200)
  await expect(banner(reader, 'it is full')).toHaveRole('alert')
  await expect(banner(reader, 'it is full')).toContainText('Critical')
  await expect(dismiss).toBeHidden()
  for (const colorScheme of ['light', 'dark'] as const) {
    await reader.emulateMedia({ colorScheme })
    await expectAccessible(reader)
  }
})

test('an announcement comes and goes by the clock', async ({ page, reader }) => {
  await page.goto('/configure')
  const made = await page.request.post(url, { data: { text: 'Soon and briefly.', level: 'info', from: seconds(6), until: seconds(10) } })
  expect(made.status()).toBe(201)
  await expect(card(page, 'Soon')).toContainText('To come')
  await expect(banner(reader, 'Soon')).toBeHidden()
  await expect(banner(reader, 'Soon')).toBeVisible()
  await expect(card(page, 'Soon')).toContainText('Shown now')
  await expect(banner(reader, 'Soon')).toBeHidden()
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(((await made.json()) as Announcement).until ?? ''))
  await section(page).getByText('Over (1)').click()
  await expect(card(page, 'Soon')).toContainText('Over')
  await expectAccessible(page)
})

test('what somebody else has changed meanwhile is shown, and not written over', async ({ page, reader }) => {
  const made = (await (await page.request.post(url, { data: { text: 'Break at one.', level: 'info' } })).json()) as Announcement
  await page.goto('/configure')
  await card(page, 'Break at one.').getByRole('button', { name: 'Change…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Change the announcement' })
  const text = dialog.getByRole('textbox', { name: 'Text' })
  await text.fill('Break at three.')
  expect((await page.request.put(`${url}/${made.id}`, { data: { text: 'Break at two.', level: 'info' } })).status()).toBe(200)
  const notice = dialog.getByRole('alert')
  await expect(notice).toContainText('Break at two.')
  await expect(text).toHaveValue('Break at three.')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(notice).toContainText('Break at two.')
  await expect(banner(reader, 'Break at two.')).toBeVisible()
  await expectAccessible(page)
  await notice.getByRole('button', { name: 'Show their version' }).click()
  await expect(notice).toBeHidden()
  await expect(text).toHaveValue('Break at two.')
  await text.fill('Break at four.')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await expect(banner(reader, 'Break at four.')).toBeVisible()
})

test('what is announced while a page reads its announcements stays there', async ({ page, guest }) => {
  const reader = guest.page
  let reads = 0
  await reader.route(`**${url}`, async (route) => {
    const answer = await route.fetch()
    // The second reading follows the opening of the stream; its answer is older than the event.
    if (++reads === 2) {
      expect((await page.request.post(url, { data: { text: 'In between.', level: 'info' } })).status()).toBe(201)
      await expect(banner(reader, 'In between.')).toBeVisible()
    }
    await route.fulfill({ response: answer })
  })
  await reader.goto('/')
  await expect.poll(() => reads).toBeGreaterThan(2)
  await expect(banner(reader, 'In between.')).toBeVisible()
})
