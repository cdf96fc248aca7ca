import type { Locator, Page } from '@playwright/test'
import { expect, expectAccessible } from './site'

export interface Image {
  id: string
  tags: string[]
  file: string
  fault: string
  hosts: { host_id: string; state: string }[]
}

/** The first image that is there and has a name. */
export async function firstImage(page: Page): Promise<Image & { name: string }> {
  const { items } = (await (await page.request.get('/api/v1/images')).json()) as { items: Image[] }
  const image = items.find(({ fault, tags }) => fault === '' && tags.length > 0) as Image
  return { ...image, name: image.tags[0] as string }
}

/** The card of an image, by its first name. */
export const cardOf = (page: Page, name: string): Locator => page.getByRole('region', { name: 'Images', exact: true }).getByRole('article', { name, exact: true })

/** How it stands on each host. */
export const placesOf = (card: Locator): Locator => card.getByRole('list', { name: /on hosts$/ }).getByRole('listitem')

/** The page keeps nobody out in either theme, and fits a phone. */
export async function expectFitsEverywhere(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
  await page.setViewportSize({ width: 1280, height: 800 })
}
