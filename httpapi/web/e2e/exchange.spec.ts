import { readFile } from 'node:fs/promises'
import { expect, expectAccessible, test } from './site'

test('a blueprint is copied, exported and imported again', async ({ page, backstage }) => {
  const { name } = await backstage.environment(`To be shared ${Date.now()}`, { memory_limit: '192m' })
  await page.goto('/configure')
  const card = page.getByRole('article', { name, exact: true })
  const heading = page.getByRole('heading', { level: 1, name: 'New blueprint for DockerDriver' })

  await card.getByRole('button', { name: 'Copy' }).click()
  await expect(heading).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(`${name} (copy)`)
  await expect(page.getByLabel('Memory limit')).toHaveValue('192m')
  await page.getByRole('button', { name: 'Create Blueprint' }).click()
  const copy = page.getByRole('article', { name: `${name} (copy)`, exact: true })
  await expect(copy).toContainText('Inactive')

  const saved = page.waitForEvent('download')
  await copy.getByRole('button', { name: 'Export' }).click()
  const file = await (await saved).path()
  expect((JSON.parse(await readFile(file, 'utf8')) as { config: { memory_limit: string } }).config.memory_limit).toBe('192m')
  await copy.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(copy).toHaveCount(0)

  const choose = page.locator('input[type="file"]')
  await choose.setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"name":"x"}') })
  await expect(page.getByRole('alert').filter({ hasText: 'notes.json is no blueprint' })).toBeVisible()
  await expectAccessible(page)
  await choose.setInputFiles({ name: 'copy.blueprint.json', mimeType: 'application/json', buffer: await readFile(file) })
  await expect(heading).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(`${name} (copy)`)
  await page.getByRole('button', { name: 'Create Blueprint' }).click()
  await expect(copy).toContainText('192 MiB')
  await copy.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(copy).toHaveCount(0)
})
