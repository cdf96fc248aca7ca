import type { Page } from '@playwright/test'
import { expect, expectAccessible, test } from './site'

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })

/** By keyboard alone: the menu of the account is opened, and a language taken. */
async function take(page: Page, account: RegExp, language: string): Promise<void> {
  await page.getByRole('button', { name: account }).press('Enter')
  const item = page.getByRole('menuitemradio', { name: language, exact: true })
  await expect(item).toHaveAttribute('aria-checked', 'false')
  await expectAccessible(page)
  while (!(await item.evaluate((element) => element === document.activeElement))) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
}

const pages = [
  ['/', 'Etusivu'],
  ['/configure', 'Asetukset'],
  ['/configure/plugins/DockerDriver/new', 'Uusi malli liitännäiselle DockerDriver'],
  ['/images', 'Levykuvat'],
  ['/instances', 'Instanssit'],
  ['/pool', 'Konepooli'],
  ['/account', 'Käyttäjätili'],
  ['/no/such/page', 'Tällaista sivua ei ole'],
] as const

test('the UI is read in Finnish by who chooses it, and in English again', async ({ page }) => {
  await page.goto('/')
  await expect(heading(page, 'Dashboard')).toBeVisible()
  await take(page, /^Account/, 'Suomi')
  await expect(heading(page, 'Etusivu')).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'fi')
  await expect(page).toHaveTitle(/Etusivu/)

  await page.reload()
  for (const [path, name] of pages) {
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.goto(path)
    await expect(heading(page, name)).toBeVisible()
    await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0)
    await expectAccessible(page)
    for (const width of [800, 360]) {
      await page.setViewportSize({ width, height: 740 })
      await expect(heading(page, name)).toBeVisible()
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(overflow, `${path} scrolls sideways at ${width}`).toBeLessThanOrEqual(0)
    }
  }

  await page.goto('/')
  await take(page, /^Käyttäjätili/, 'English')
  await expect(heading(page, 'Dashboard')).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
})

test('the login is in the language that is chosen there', async ({ page }) => {
  await page.context().clearCookies()
  await page.goto('/login')
  await page.getByRole('button', { name: 'Language: English' }).click()
  await page.getByRole('menuitemradio', { name: 'Suomi' }).click()
  await expect(page.getByRole('button', { name: 'Kirjaudu sisään' })).toBeVisible()
  await expectAccessible(page)
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('button', { name: 'Kieli: Suomi' }).click()
  await page.getByRole('menuitemradio', { name: 'English' }).click()
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
})

test.describe('a browser that asks for Finnish', () => {
  test.use({ locale: 'fi-FI' })

  test('gets it without a choice, and no other catalogue', async ({ page }) => {
    const fetched: string[] = []
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname))
    await page.goto('/')
    await expect(heading(page, 'Etusivu')).toBeVisible()
    expect(fetched.filter((path) => /\/(en|fi)-[^/]*\.js$/.test(path))).toEqual([expect.stringContaining('/fi-')])
  })
})

test('at the address of a notebook that has ended, Finnish browsers are told in Finnish', async ({ page, browser, backstage }) => {
  const { id } = await backstage.environment(`Päättyy ${Date.now()}`)
  const launched = (await (await page.request.post('/api/v1/instances', { data: { blueprint_id: id } })).json()) as { id: string; url: string }
  await expect.poll(async () => ((await (await page.request.get(`/api/v1/instances/${launched.id}`)).json()) as { state: string }).state, { timeout: 60_000 }).toBe('running')
  const finnish = await browser.newContext({ locale: 'fi-FI', ignoreHTTPSErrors: true, storageState: await page.context().storageState() })
  try {
    const tab = await finnish.newPage()
    await tab.goto(launched.url)
    await expect(tab).toHaveTitle(/otebook/)
    expect((await page.request.delete(`/api/v1/instances/${launched.id}`)).status()).toBe(202)
    await tab.goto(launched.url)
    await expect(heading(tab, 'Muistikirja on päättynyt')).toBeVisible()
    await expect(tab.locator('html')).toHaveAttribute('lang', 'fi')
    await expect(tab.getByText('Tuhosit sen. Voit käynnistää uuden.')).toBeVisible()
    await expectAccessible(tab)
    await tab.getByRole('link', { name: 'Käynnistä uudelleen' }).click()
    await expect(tab.getByRole('button', { name: 'Käynnistä uudelleen' })).toBeVisible()
  } finally {
    await finnish.close()
  }
})
