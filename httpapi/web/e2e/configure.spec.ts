import { environmentCard, expect, expectAccessible, instanceCard, test } from './site'

test('a blueprint is created by the form, activated, reconfigured, deactivated and deleted', async ({ page }) => {
  const name = `By the form ${Date.now()}`
  await page.goto('/configure')
  await page.getByRole('article', { name: 'DockerDriver' }).getByRole('button', { name: 'Create Blueprint' }).click()
  await expect(page.getByRole('combobox', { name: 'Image' })).not.toHaveValue('')

  await test.step('what does not fit is told at its field', async () => {
    await page.getByLabel('Memory limit').fill('abc')
    await page.getByRole('button', { name: 'Create Blueprint' }).click()
    await expect(page.getByLabel('Memory limit')).toHaveAccessibleDescription(/“abc” is not an amount. Write a number and a unit, such as 512m or 2g\./)
    await expect(page.getByRole('textbox', { name: 'Name' })).toHaveAccessibleDescription(/needed/)
    await expect(page.getByRole('textbox', { name: 'Name' }), 'the first of them').toBeFocused()
    await expect(page.getByRole('textbox', { name: 'Name' })).toBeInViewport()
    await expectAccessible(page)
  })
  await test.step('so is what only the server can refuse', async () => {
    await page.getByLabel('Memory limit').fill('128m')
    await page.getByRole('textbox', { name: 'Name' }).fill(name)
    await page.getByLabel('Environment variables').fill('FOO')
    await page.getByRole('button', { name: 'Create Blueprint' }).click()
    await expect(page.getByLabel('Environment variables')).toHaveAccessibleDescription(/has no value/)
    await expect(page.getByLabel('Environment variables')).toBeFocused()
    await page.getByLabel('Environment variables').fill('FOO=bar')
    await page.getByRole('button', { name: 'Create Blueprint' }).click()
  })

  const card = page.getByRole('article', { name, exact: true })
  await expect(card.getByText('Inactive')).toBeVisible()
  await card.getByRole('button', { name: 'Activate', exact: true }).click()
  await expect(card.getByRole('button', { name: 'Deactivate' })).toBeVisible()
  await page.getByRole('link', { name: 'Dashboard' }).click()
  await expect(environmentCard(page, name)).toContainText('128 MiB')

  await test.step('reconfigured', async () => {
    await page.getByRole('link', { name: 'Configure' }).click()
    await card.getByRole('button', { name: 'Reconfigure' }).click()
    await expect(page.getByLabel('Environment variables')).toHaveValue('FOO=bar')
    await page.getByLabel('Memory limit').fill('256m')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await expect(card).toContainText('256 MiB')
  })

  await card.getByRole('button', { name: 'Deactivate' }).click()
  await expect(card.getByText('Inactive')).toBeVisible()
  await page.getByRole('link', { name: 'Dashboard' }).click()
  await expect(page.getByRole('heading', { name: 'Environments' })).toBeVisible()
  await expect(environmentCard(page, name)).toHaveCount(0)

  await page.getByRole('link', { name: 'Configure' }).click()
  await card.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('dialog')).toContainText('While notebooks of it are there it cannot be deleted')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(card).toHaveCount(0)
})

test('two administrators do not overwrite each other', async ({ page, backstage }) => {
  const { id, name } = await backstage.environment('Contested')
  await page.goto(`/configure/blueprints/${id}`)
  await page.getByRole('textbox', { name: 'Description' }).fill('Mine')
  const theirs = (await (await page.request.get(`/api/v1/blueprints/${id}`)).json()) as { plugin: string; config: object }
  const draft = { name, description: 'Theirs', plugin: theirs.plugin, config: theirs.config }
  expect((await page.request.put(`/api/v1/blueprints/${id}`, { data: draft })).status()).toBe(200)

  await page.getByRole('button', { name: 'Save changes' }).click()
  await expect(page.getByRole('alert')).toContainText('Somebody else has changed this blueprint')
  await page.getByRole('button', { name: 'Show their version' }).click()
  await expect(page.getByRole('textbox', { name: 'Description' })).toHaveValue('Theirs')
})

test('a blueprint without its image is refused with the names that exist', async ({ page, backstage }) => {
  const { id, name } = await backstage.environment('Imageless')
  const known = (await (await page.request.get(`/api/v1/blueprints/${id}`)).json()) as { plugin: string; config: object }
  await page.request.post(`/api/v1/blueprints/${id}/deactivate`)
  const draft = { name, plugin: known.plugin, config: { ...known.config, docker_image: 'nobody/nothing' } }
  expect((await page.request.put(`/api/v1/blueprints/${id}`, { data: draft })).status()).toBe(200)
  await page.goto('/configure')
  const card = page.getByRole('article', { name, exact: true })
  await card.getByRole('button', { name: 'Activate', exact: true }).click()
  await expect(card.getByRole('alert')).toContainText('There is no image nobody/nothing')
})

test('a variable is edited in place, and a wrong value refused there', async ({ page }) => {
  await page.goto('/configure')
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'DD_FREE_SLOT_TARGET' }) })
  const value = row.getByRole('button', { name: /^Edit/ })
  const before = (await value.innerText()).trim()

  await value.click()
  const field = row.getByLabel('Value of DD_FREE_SLOT_TARGET')
  await expect(field).toBeFocused()
  await field.fill('many')
  await field.press('Enter')
  await expect(field).toHaveAccessibleDescription(/whole number/)
  await expectAccessible(page)
  await field.press('Escape')
  await expect(value).toHaveText(before)
  await expect(value).toBeFocused()

  await value.click()
  await field.fill('3')
  await row.getByRole('button', { name: 'Save' }).click()
  await expect(value).toHaveText('3')
  await expect(row).toContainText('admin@localhost')
  await value.click()
  await field.fill(before)
  await field.press('Enter')
  await expect(value).toHaveText(before)
})

test('shutdown mode is told to everybody with the end of their notebooks, and taken back', async ({ page, backstage }) => {
  const { id, name } = await backstage.environment('Waiting for better times', { maximum_lifetime: '8h' })
  await page.goto('/')
  const launch = environmentCard(page, name).getByRole('button', { name: 'Launch new' })
  const launched = await page.request.post('/api/v1/instances', { data: { blueprint_id: id } })
  expect(launched.status()).toBe(202)
  const card = instanceCard(page, name)
  await expect(card).toHaveAttribute('data-state', 'running', { timeout: 30_000 })
  const banner = page.getByRole('status').filter({ hasText: 'The service is shutting down' })
  try {
    expect((await page.request.post('/api/v1/pool/drain')).status()).toBe(202)
    await expect(banner).toContainText(`Your notebook ${name} (`)
    await expect(launch).toBeDisabled()
    await expect(environmentCard(page, name)).toContainText('shutdown mode')
    await expect(card).toContainText('7 h 59 min')
    // A deadline is the end of what would run longer, on the card as in the banner.
    expect((await page.request.post('/api/v1/pool/drain', { data: { deadline: '9m' } })).status()).toBe(202)
    await expect(banner).toContainText(/What still runs at .* is ended then/)
    await expect(card).toContainText(/8:5\d/)
    await banner.getByText('What it waits for').click()
    await expect(banner.getByRole('listitem').filter({ hasText: /pb-.*admin@localhost: it is running/ })).toBeVisible()
    await expectAccessible(page)
  } finally {
    expect((await page.request.delete('/api/v1/pool/drain')).status()).toBe(202)
  }
  await expect(banner).toBeHidden()
  await expect(card).toContainText('7 h 5')
})
