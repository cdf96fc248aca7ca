import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cardOf, expectFitsEverywhere, firstImage } from './imagecard'
import { expect, expectAccessible, test } from './site'

const directory = process.env['DOCKERDRIVER_IMAGE_DIRECTORY'] ?? ''

test('a file that cannot be used appears with its fault by itself, and can be removed', async ({ page }) => {
  test.skip(directory === '', 'DOCKERDRIVER_IMAGE_DIRECTORY is not set')
  const file = `broken-${Date.now()}.img`
  await page.goto('/images')
  await expect(page.getByRole('region', { name: 'Images', exact: true }).getByRole('article').first()).toBeVisible()
  await writeFile(join(directory, file), 'no tarball at all, however long one looks at it\n'.repeat(50))
  try {
    const faulty = page.getByRole('region', { name: 'Files that cannot be used' }).getByRole('article', { name: file })
    await expect(faulty).toBeVisible()
    await expect(faulty, 'says why').toContainText(/tar|archive|manifest/i)
    await expectFitsEverywhere(page)
    await faulty.getByRole('button', { name: `Remove the file ${file}` }).press('Enter')
    const dialog = page.getByRole('dialog', { name: `Remove ${file}?` })
    await expect(dialog).toContainText('deleted from the image directory')
    await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused()
    await dialog.getByRole('button', { name: 'Remove file' }).click()
    await expect(dialog).toBeHidden()
    await expect(faulty).toHaveCount(0)
    await page.reload()
    await expect(page.getByRole('region', { name: 'Images', exact: true }).getByRole('article').first()).toBeVisible()
    await expect(faulty).toHaveCount(0)
  } finally {
    await rm(join(directory, file), { force: true })
  }
})

test('an image that a blueprint uses is not removed, and the refusal names the blueprint', async ({ page, backstage }) => {
  const { name: environment } = await backstage.environment('Needs its image')
  const { name } = await firstImage(page)
  await page.goto('/images')
  const card = cardOf(page, name)
  await card.getByRole('button', { name: `Remove ${name}` }).click()
  const dialog = page.getByRole('dialog', { name: `Remove ${name}?` })
  await expect(dialog).toContainText('Notebooks that run it go on.')
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(dialog.getByRole('alert')).toContainText(environment)
  await expect(dialog).toHaveCSS('opacity', '1')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await expect(dialog).toBeHidden()
  await expect(card).toBeVisible()
})

test('a pull from a registry that does not answer fails in words, and can be tried again', async ({ page }) => {
  await page.goto('/images')
  const field = page.getByRole('textbox', { name: 'Image', exact: true })
  await field.fill('Not A Name')
  await page.keyboard.press('Enter')
  await expect(field, 'refused in place').toHaveAttribute('aria-invalid', 'true')
  await expect(field).toHaveAccessibleDescription(/Not A Name/)

  await field.fill('127.0.0.1:1/x')
  await page.keyboard.press('Enter')
  const pull = page.getByRole('list', { name: 'Pulls' }).getByRole('listitem').filter({ hasText: '127.0.0.1:1/x' }).first()
  await expect(pull).toContainText('Failed: ')
  await expect(pull).toContainText('refused')
  await expect(field, 'ready for the next').toHaveValue('')
  await expectFitsEverywhere(page)
  const pulls = page.getByRole('list', { name: 'Pulls' }).getByRole('listitem')
  const before = await pulls.count()
  await pull.getByRole('button', { name: /^Try again/ }).click()
  await expect(pulls).toHaveCount(before + 1)
  await expect(pulls.first()).toContainText('Failed: ')
})
