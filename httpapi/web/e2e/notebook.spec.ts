import type { Locator, Page } from '@playwright/test'
import { environmentCard, expect, expectAccessible, expectPageBehind, instanceCard, logIn, test } from './site'

/** Presses "Open in browser" and waits in the new tab until the notebook is there. */
async function openNotebook(page: Page, card: Locator): Promise<Page> {
  const opened = page.context().waitForEvent('page')
  await card.getByRole('link', { name: 'Open in browser' }).click()
  const tab = await opened
  await expect(tab).toHaveTitle('Demo notebook')
  return tab
}

async function calculate(tab: Page, source: string): Promise<Locator> {
  await expect(tab.getByRole('status')).toHaveText('ready')
  await tab.getByLabel('Expression').fill(source)
  await tab.getByRole('button', { name: 'Run', exact: true }).click()
  return tab.getByRole('listitem').filter({ hasText: source }).last()
}

/** Seconds that the ring says are left ("4:58 left"). */
async function secondsLeft(card: Locator): Promise<number> {
  const words = (await card.getByRole('progressbar').getAttribute('aria-valuetext')) ?? ''
  const [, minutes, seconds] = /^(\d+):(\d+) left$/.exec(words) ?? []
  expect(minutes, words).toBeDefined()
  return Number(minutes) * 60 + Number(seconds)
}

test('launches a notebook, works in it, and destroys it', async ({ page, backstage }) => {
  const { name } = await backstage.environment('Arithmetic', { maximum_lifetime: '5m' })
  await page.context().clearCookies()
  await logIn(page)
  await environmentCard(page, name).getByRole('button', { name: 'Launch new' }).click()
  const card = instanceCard(page, name)
  await expect(card.getByText('Running')).toBeVisible()
  await expectAccessible(page)

  const tab = await openNotebook(page, card)
  const address = new URL(tab.url())
  expect(address.protocol).toBe('https:')
  expect(address.search, 'the ticket does not stay in the address').toBe('')

  await test.step('the websocket evaluates', async () => {
    await expect(await calculate(tab, '2*(3+4)')).toContainText('14')
  })
  await test.step('events arrive one by one', async () => {
    const clock = tab.locator('#clock')
    await expect(clock).toHaveAttribute('datetime', /T/)
    const before = (await clock.getAttribute('datetime')) ?? ''
    await expect(clock).not.toHaveAttribute('datetime', before)
  })
  await test.step('links and redirects stay in the notebook', async () => {
    for (const link of ['#link-relative', '#link-absolute', '#link-redirect', '#link-redirect-absolute']) {
      await tab.locator(link).click()
      await expect(tab.getByRole('heading', { name: 'Second page' })).toBeVisible()
      expect(new URL(tab.url()).host).toBe(address.host)
      await tab.goto(address.href)
    }
  })
  await test.step('a file goes up and comes back as it was', async () => {
    const content = 'x,y\n1,2\n'.repeat(1000)
    await tab.locator('#picker').setInputFiles({ name: 'data.csv', mimeType: 'text/csv', buffer: Buffer.from(content) })
    await expect(tab.locator('#files')).toContainText('data.csv')
    expect(await tab.evaluate(async () => (await fetch('files/data.csv')).text())).toBe(content)
  })
  await test.step('the notebook does not see our cookies', async () => {
    const received = await tab.evaluate(async () => (await fetch('cookie')).text())
    expect(received).not.toContain('dd_')
  })

  await test.step('the lifetime counts down', async () => {
    const before = await secondsLeft(card)
    expect(before).toBeLessThanOrEqual(300)
    await expect.poll(() => secondsLeft(card)).toBeLessThan(before)
  })
  await test.step('the log shows what the notebook wrote', async () => {
    await card.getByRole('button', { name: 'Logs' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByRole('log')).toContainText('notebook')
    await dialog.getByText('Launch', { exact: true }).click()
    await expect(dialog.getByRole('log')).toContainText('probing')
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })
  await test.step('destroying asks first, and ends it', async () => {
    await card.getByRole('button', { name: 'Destroy' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText('Everything in the notebook is lost')
    // While it fades in, its colours are paler.
    await expect(dialog).toHaveCSS('opacity', '1')
    await expectAccessible(page)
    await expectPageBehind(page, dialog)
    await dialog.getByRole('button', { name: 'Keep it' }).click()
    await expect(dialog).toBeHidden()
    await expect(card.getByText('Running')).toBeVisible()

    await card.getByRole('button', { name: 'Destroy' }).click()
    await dialog.getByRole('button', { name: 'Destroy' }).click()
    await expect(card).toBeHidden()
    await expect(page.getByRole('region', { name: 'Ended in the last day' })).toContainText('You destroyed it.')
  })
  await test.step('its address works no longer', async () => {
    await expect(tab.getByRole('status'), 'the open websocket is cut').not.toHaveText('ready')
    const answer = await tab.goto(address.href)
    expect(answer?.status()).toBeGreaterThanOrEqual(400)
    await expect(tab.getByRole('heading')).toHaveText('This notebook has ended')
  })
})

test('shows the steps of a launch, waits in a tab of its own, and can be cancelled', async ({ page, backstage }) => {
  // Nothing listens there, so that the launch stays at its last step.
  const { name } = await backstage.environment('Patience', { internal_port: 9 })
  await page.goto('/')
  await environmentCard(page, name).getByRole('button', { name: 'Launch new' }).click()
  const card = instanceCard(page, name)
  const steps = card.getByRole('list', { name: 'Steps of the launch' }).getByRole('listitem')
  await expect(steps.filter({ hasText: 'Container started, done' })).toContainText(/\d s/)
  const current = steps.filter({ hasText: 'Waiting for the notebook to answer…' })
  await expect(current).toHaveAttribute('aria-current', 'step')
  await expect(current).toContainText(/[1-9]\d*\.\d s/)
  await expect(environmentCard(page, name).getByRole('button', { name: 'Launch new' })).toBeDisabled()
  await expect(environmentCard(page, name)).toContainText('You have one already')
  await expectAccessible(page)

  const opened = page.context().waitForEvent('page')
  await card.getByRole('link', { name: 'Open when ready' }).click()
  const tab = await opened
  await expect(tab.getByRole('heading', { name: `Launching ${name}` })).toBeVisible()
  await expect(tab).toHaveTitle(/Launching/)
  await expectAccessible(tab)

  await card.getByRole('button', { name: 'Cancel launch' }).click()
  await expect(card).toBeHidden()
  await expect(tab.getByRole('heading', { name: `${name} has ended` })).toBeVisible()
})

test('the waiting tab goes on to the notebook by itself', async ({ page, backstage }) => {
  const { id } = await backstage.environment('Onward')
  const launched = await page.request.post('/api/v1/instances', { data: { blueprint_id: id } })
  const instance = (await launched.json()) as { id: string }
  await page.goto(`/instances/${instance.id}`)
  await expect(page).toHaveTitle('Demo notebook')
})

test('a notebook that fails says what happened and what to do', async ({ page, backstage }) => {
  const { name } = await backstage.environment('Nonsense', { launch_command: 'no-such-subcommand' })
  await page.goto('/')
  await environmentCard(page, name).getByRole('button', { name: 'Launch new' }).click()
  const card = instanceCard(page, name)
  await expect(card.getByText('Failed')).toBeVisible()
  await expect(card).toContainText('exit code')
  await expect(card).toContainText('What you can do')
  await expect(card.getByRole('region', { name: /of its log/ })).not.toBeEmpty()
  await expectAccessible(page)

  const before = await card.getAttribute('aria-label')
  await card.getByRole('button', { name: 'Launch again' }).click()
  // For a moment both are there: the old one goes while the new one comes.
  await expect(page.getByRole('article', { name: before ?? '', exact: true })).toBeHidden()
  await expect(card.getByText('Failed')).toBeVisible()
  await card.getByRole('button', { name: 'Dismiss' }).click()
  await expect(card).toBeHidden()
})

test('who is not logged in comes to the notebook by way of the login', async ({ page, backstage, browser, baseURL }) => {
  const { name } = await backstage.environment('Private')
  await page.goto('/')
  await environmentCard(page, name).getByRole('button', { name: 'Launch new' }).click()
  const address = await instanceCard(page, name).getByRole('link', { name: 'Open in browser' }).getAttribute('href')

  const other = await browser.newContext({ ignoreHTTPSErrors: true, ...(baseURL ? { baseURL } : {}) })
  const stranger = await other.newPage()
  await logIn(stranger, address ?? '')
  await expect(stranger).toHaveTitle('Demo notebook')
  await other.close()
})
