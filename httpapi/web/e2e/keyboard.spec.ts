import type { Locator, Page } from '@playwright/test'
import { environmentCard, expect, instanceCard, test } from './site'

/** Goes on with the Tab key until something has the focus; all on the way must show that they have it. */
async function tabTo(page: Page, goal: Locator): Promise<void> {
  const has = () => goal.evaluate((element) => element === document.activeElement)
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab')
    await expectSeen(page)
    if (await has()) return
  }
  throw new Error(`40 presses of Tab do not lead to ${goal}`)
}

/** What has the focus is in the window, and marked: a line around it, or another border than its like. */
async function expectSeen(page: Page): Promise<void> {
  const focus = page.locator(':focus')
  await expect(focus, 'something has the focus').toHaveCount(1)
  await expect(focus).toBeInViewport()
  const marked = await focus.evaluate((element: HTMLElement) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    if (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) return true
    // A field's border may be that of the box around it.
    const border = () => {
      for (const animation of document.getAnimations()) animation.finish()
      return [element, element.parentElement, element.parentElement?.parentElement].map((box) => box && getComputedStyle(box).borderColor).join()
    }
    const focused = border()
    element.blur()
    const blurred = border()
    element.focus()
    return focused !== blurred
  })
  expect(marked, `it is marked: ${await focus.evaluate((element) => element.outerHTML.slice(0, 200))}`).toBe(true)
}

test('everything from the login to the end of a notebook is done by keyboard alone, and the focus is never lost', async ({ page, backstage }) => {
  const { name } = await backstage.environment('By keyboard')
  await page.context().clearCookies()
  await page.goto('/login')
  await test.step('logs in', async () => {
    await expect(page.getByLabel('Email')).toBeFocused()
    await expectSeen(page)
    await page.keyboard.type('admin@localhost')
    await tabTo(page, page.getByRole('textbox', { name: 'Password' }))
    await page.keyboard.type(process.env['DOCKERDRIVER_ADMIN_PASSWORD'] ?? '')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' }), 'the new page is read out').toBeFocused()
  })
  const card = instanceCard(page, name)
  await test.step('launches', async () => {
    await tabTo(page, environmentCard(page, name).getByRole('button', { name: 'Launch new' }))
    await page.keyboard.press('Enter')
    await expect(card).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
    await expect(page.getByRole('heading', { name: 'My notebooks' }), 'the button cannot be pressed again: it is where the notebook has come').toBeFocused()
  })
  await test.step('gets to the notebook, and comes back', async () => {
    const link = card.getByRole('link', { name: 'Open in browser' })
    await tabTo(page, link)
    const opened = page.context().waitForEvent('page')
    await page.keyboard.press('Enter')
    const tab = await opened
    await expect(tab).toHaveTitle('Demo notebook')
    await tab.close()
    await page.bringToFront()
    await expect(link, 'where it was').toBeFocused()
  })
  const destroy = card.getByRole('button', { name: 'Destroy' })
  const dialog = page.getByRole('dialog')
  await test.step('asks, and Escape leaves it', async () => {
    await tabTo(page, destroy)
    await page.keyboard.press('Enter')
    await expect(dialog.getByRole('button', { name: 'Keep it' }), 'what does no harm comes first').toBeFocused()
    await expectSeen(page)
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
    await expect(destroy, 'where the dialog was opened').toBeFocused()
  })
  await test.step('the dialog keeps the focus, and destroys', async () => {
    await page.keyboard.press('Enter')
    await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused()
    for (const to of ['Destroy', 'Close', 'Keep it']) await tabTo(page, dialog.getByRole('button', { name: to }))
    await tabTo(page, dialog.getByRole('button', { name: 'Destroy' }))
    await page.keyboard.press('Enter')
    await expect(card).toBeHidden()
    await expect(page.getByRole('heading', { name: 'My notebooks' }), 'the card with the button is gone: it is at their beginning').toBeFocused()
  })
  await test.step('and goes on from there', async () => {
    await tabTo(page, environmentCard(page, name).getByRole('button', { name: 'Launch new' }))
  })
})

test('what is removed by keyboard gives the focus to the list that it was in', async ({ page, backstage }) => {
  const { name } = await backstage.environment(`To be deleted ${Date.now()}`)
  await page.goto('/configure')
  const blueprint = page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) })
  await blueprint.getByRole('button', { name: 'Deactivate' }).focus()
  await page.keyboard.press('Enter')
  await expect(blueprint.getByRole('button', { name: 'Activate' }), 'a switch keeps it').toBeFocused()
  await tabTo(page, blueprint.getByRole('button', { name: 'Delete' }))
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused()
  await tabTo(page, dialog.getByRole('button', { name: 'Delete' }))
  await page.keyboard.press('Enter')
  await expect(blueprint).toBeHidden()
  await expect(page.getByRole('heading', { name: 'Blueprints', exact: true })).toBeFocused()

  const token = `For a key ${Date.now()}`
  expect((await page.request.post('/api/v1/tokens', { data: { name: token, expires_in: '1d' } })).status()).toBe(201)
  await page.goto('/account')
  await page.getByRole('button', { name: `Revoke ${token}` }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('rowheader', { name: token })).toBeHidden()
  await expect(page.getByRole('heading', { name: 'API tokens' })).toBeFocused()
})
