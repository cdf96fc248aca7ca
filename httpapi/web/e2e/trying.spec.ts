import { environmentCard, expect, expectAccessible, instanceCard, test } from './site'

test('a blueprint is seen as users will see it, and tried before they do', async ({ page }) => {
  const name = `RStudio to try ${Date.now()}`
  await page.goto('/configure/plugins/DockerDriver/new')
  const preview = page.getByRole('region', { name: 'What users see' })
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByLabel('Description').fill('For the first course.')
  await page.getByLabel('Memory limit').fill('128m')
  await page.getByLabel('Lifetime').fill('1h 30m')
  const card = preview.getByRole('article', { name })
  for (const words of ['For the first course.', '128 MiB', '1 h 30 min']) await expect(card).toContainText(words)
  await expect(card.getByRole('button')).toBeDisabled()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }

  const ui = new URL(page.url()).host
  const inNotebook = () => page.waitForURL((url) => url.host !== ui, { timeout: 60_000 })
  await page.getByRole('button', { name: 'Create and test' }).click()
  await inNotebook()
  await page.goto('/')
  const mine = instanceCard(page, name)
  await expect(mine).toContainText('Test')
  await expect(environmentCard(page, name), 'users do not see it yet').toHaveCount(0)
  await mine.getByRole('button', { name: 'Destroy' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Destroy' }).click()
  await expect(mine).toHaveCount(0, { timeout: 30_000 })

  await page.goto('/configure')
  const blueprint = page.getByRole('article', { name, exact: true })
  await expect(blueprint).toContainText('Inactive')
  await blueprint.getByRole('button', { name: 'Test launch' }).click()
  await inNotebook()
  const { items } = (await (await page.request.get('/api/v1/instances')).json()) as { items: { id: string; blueprint_name: string }[] }
  const again = items.find(({ blueprint_name }) => blueprint_name === name)
  expect((await page.request.delete(`/api/v1/instances/${again?.id}`)).status()).toBe(202)
  await page.goto('/configure')
  await expect(async () => {
    await blueprint.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect(blueprint).toHaveCount(0, { timeout: 1000 })
  }).toPass({ timeout: 20_000 })
})

test('a test that is refused leaves the blueprint saved, and the form goes on with it', async ({ page }) => {
  const name = `Without its image ${Date.now()}`
  await page.goto('/configure/plugins/DockerDriver/new')
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('combobox', { name: 'Image' }).fill('no-such-image:1')
  await page.getByRole('button', { name: 'Create and test' }).click()
  await expect(page.getByRole('alert')).toContainText('The blueprint is saved; only its test was refused.')
  await expect(page.getByRole('alert')).toContainText('no-such-image:1 is not in the image directory')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Reconfigure ${name}`)
  await page.getByRole('textbox', { name: 'Name' }).fill(`${name} yet`)
  await page.getByRole('button', { name: 'Save changes' }).click()
  const blueprint = page.getByRole('article', { name: `${name} yet`, exact: true })
  await expect(blueprint).toBeVisible()
  await expect(page.getByRole('article', { name, exact: true }), 'there is no second one').toHaveCount(0)
  await blueprint.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(blueprint).toHaveCount(0)
})
