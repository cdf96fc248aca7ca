import { expect, expectAccessible, expectPageBehind, test } from './site'

interface Log {
  events: { step: string }[]
  console: { lines: string[]; missing: string }
}

test('the log of a host that serves tells its steps and what its machine wrote', async ({ page }) => {
  await page.goto('/pool')
  const host = page.getByRole('article').filter({ hasText: /Active/ }).first()
  const name = await host.getByRole('heading', { level: 3 }).innerText()
  const { items } = (await (await page.request.get('/api/v1/hosts')).json()) as { items: { id: string; name: string }[] }
  const id = items.find((item) => item.name === name)?.id ?? ''
  const log = (await (await page.request.get(`/api/v1/hosts/${id}/log`)).json()) as Log
  expect(log.events.map(({ step }) => step)).toContain('building')

  await host.getByRole('button', { name: `Build log of ${name}` }).press('Enter')
  const dialog = page.getByRole('dialog', { name: `Build log of ${name}` })
  const events = dialog.getByRole('list', { name: 'What happened, oldest first' })
  await expect(events).toContainText(/Requested.*Building took .* s.*Active/)
  // An engine that was there before us has no console; what is emulated boots as a real one.
  if (log.console.missing === 'none') {
    await expect(dialog).toContainText('There is no console: the cloud keeps none')
  } else {
    await expect(dialog.getByRole('log')).toContainText(/Linux version/)
    await expect(dialog.getByRole('log')).toContainText(`${name} login:`)
    await expect(dialog.getByRole('log'), 'no colours are left').not.toContainText('[0;32m')
    await expect(dialog.getByRole('button', { name: 'Copy the console' })).toBeVisible()
  }
  await expectPageBehind(page, dialog)
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(host.getByRole('button', { name: `Build log of ${name}` }), 'where the dialog was opened').toBeFocused()
})

test('the log of a host that fails says why, and what is missing is told in words', async ({ page }) => {
  const at = '2030-01-01T12:00:00Z'
  await page.route('**/api/v1/hosts', async (route) => {
    const { items } = (await (await route.fetch()).json()) as { items: object[] }
    const failing = { ...items[0], id: 'failing', name: 'pb_dd_failing', state: 'preparing', stage: 'engine', state_since: at, slots: 0, slots_used: 0, steps: [{ step: 'requested', seconds: 0 }, { step: 'building', seconds: 47.2 }], trouble: [{ at, message: 'the engine does not answer: i/o timeout' }] }
    await route.fulfill({ json: { items: [failing, ...items], next_cursor: null } })
  })
  const events = [
    { at, step: 'building', seconds: 47.2, fault: '' },
    { at: '2030-01-01T12:00:47Z', step: 'engine', seconds: null, fault: '' },
    { at: '2030-01-01T12:05:47Z', step: '', seconds: null, fault: 'the engine does not answer: i/o timeout' },
  ]
  const lines = Array.from({ length: 200 }, (_, n) => (n < 199 ? `[ ${n}.000000] booting` : 'cloud-init[540]: E: no space left on device <b>'))
  let answer: { status?: number; json: object } = { json: { events, console: { lines, missing: '', message: '' } } }
  await page.route('**/api/v1/hosts/failing/log', (route) => route.fulfill(answer))
  const open = async () => {
    await page.goto('/pool')
    await page.getByRole('button', { name: 'Build log of pb_dd_failing' }).click()
    return page.getByRole('dialog', { name: 'Build log of pb_dd_failing' })
  }

  let dialog = await open()
  await expect(dialog.getByRole('list')).toContainText(/Building took 47 s.*Engine.*Fault: the engine does not answer: i\/o timeout/)
  await expect(dialog.getByText('no space left on device <b>'), 'its end is what is seen first').toBeInViewport()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)

  answer = { json: { events, console: { lines: [], missing: 'not_yet', message: 'There is no console yet.' } } }
  dialog = await open()
  await expect(dialog).toContainText('There is no console yet: the machine has not been started')
  await expect(dialog.getByRole('log')).toHaveCount(0)

  answer = { status: 503, json: { status: 503, code: 'UNAVAILABLE', detail: 'The cloud did not answer in time, so the console cannot be read at this moment.', hint: 'Try again in a few seconds.' } }
  dialog = await open()
  await expect(dialog.getByRole('alert')).toContainText('The cloud did not answer in time')
  await expectAccessible(page)
  answer = { json: { events, console: { lines, missing: '', message: '' } } }
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await expect(dialog.getByRole('log')).toContainText('no space left')
  await expect(dialog.getByRole('alert')).toHaveCount(0)
})
