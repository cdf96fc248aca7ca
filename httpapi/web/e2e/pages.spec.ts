import { expect, expectAccessible, logIn, test } from './site'

test('the login refuses a wrong password in words, and returns to the page asked for', async ({ page }) => {
  await page.context().clearCookies()
  await page.goto('/pool')
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  await expectAccessible(page)
  await page.getByLabel('Email').fill('admin@localhost')
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).not.toBeEmpty()
  await logIn(page, page.url())
  await expect(page.getByRole('heading', { level: 1, name: 'Pool' })).toBeVisible()

  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
  await page.goto('/')
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible()
})

test('who is not logged in comes to the login without an error', async ({ page }) => {
  await page.context().clearCookies()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  for (const path of ['/login', '/']) {
    await logIn(page, path)
    await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible()
    await page.goto('about:blank')
    await page.context().clearCookies()
  }
  expect(errors).toEqual([])
})

test('a badge says what notebooks run on', async ({ page }) => {
  const { cloud } = (await (await page.request.get('/api/v1/pool')).json()) as { cloud: string }
  const names: Record<string, string> = { local: 'local engine', emulator: 'emulator' }
  await page.goto('/')
  await expect(page.getByRole('note')).toHaveText(names[cloud] ?? cloud)
})

test('the theme can be changed and is kept', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/')
  await page.getByRole('button', { name: 'Use the dark theme' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expect(page.getByRole('button', { name: 'Use the light theme' })).toBeVisible()
})

test('a server that is away is told, and its return noticed', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await page.route('**/api/v1/events*', (route) => route.abort())
  await page.reload()
  const notice = page.getByText('What you see may be old')
  await expect(notice).toBeVisible()
  await page.unroute('**/api/v1/events*')
  await expect(notice).toBeHidden()

  await test.step('at once when nothing of it answers', async () => {
    await page.route('**/{api/v1/events*,favicon.svg}', (route) => route.abort())
    await page.reload()
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(notice).toBeVisible({ timeout: 2000 })
  })
})

test('a token is made, shown once, good for a program, and revoked', async ({ page, playwright, baseURL }) => {
  const name = `For a script ${Date.now()}`
  await page.goto('/')
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Account and API tokens' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('button', { name: 'Create token' }).click()
  const token = await page.getByLabel('Secret of the token').innerText()
  await expectAccessible(page)
  const program = await playwright.request.newContext({ extraHTTPHeaders: { Authorization: `Bearer ${token}` }, ...(baseURL ? { baseURL } : {}) })
  expect((await program.get('/api/v1/me')).status()).toBe(200)

  await page.reload()
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) })
  await expect(row).toBeVisible()
  await expect(page.getByText(token)).toHaveCount(0)
  await row.getByRole('button', { name: 'Revoke' }).click()
  await expect(row).toHaveCount(0)
  expect((await program.get('/api/v1/me')).status()).toBe(401)
  await program.dispose()
})
