import { environmentCard, expect, instanceCard, test } from './site'

const directory = process.env['DOCKERDRIVER_PICTURES'] ?? ''

test.use({ viewport: { width: 1180, height: 760 }, colorScheme: 'light' })

// What a course looks like on a morning: `make pictures` puts it into the README.
test('pictures of the main pages', async ({ page, backstage }) => {
  const shot = (name: string) => page.screenshot({ path: `${directory}/${name}.png`, animations: 'disabled' })
  await backstage.environment('R for statistics', { maximum_lifetime: '4h', maximum_extension: '4h' })
  await backstage.environment('Python for data', { maximum_lifetime: '2h', memory_limit: '1g' })
  await page.goto('/')
  await environmentCard(page, 'R for statistics').getByRole('button', { name: 'Launch new' }).click()
  await expect(instanceCard(page, 'R for statistics')).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
  await shot('dashboard')

  await page.goto('/pool')
  await expect(page.getByRole('region', { name: 'Hosts' }).getByRole('article').first()).toBeVisible()
  await expect(page.getByRole('region', { name: 'Over time' }).getByRole('figure')).toHaveCount(3)
  await shot('pool')

  await page.goto('/configure')
  await expect(page.getByRole('heading', { level: 1, name: 'Configure' })).toBeVisible()
  await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0)
  await shot('configure')

  await page.goto('/images')
  await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeVisible()
  await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0)
  await shot('images')
})
