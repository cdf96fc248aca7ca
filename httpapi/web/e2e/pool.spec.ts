import { expect, expectAccessible, test } from './site'

test('the pool page shows a host with its steps, and asks before it is retired', async ({ page }) => {
  await page.goto('/pool')
  const host = page.getByRole('article').filter({ hasText: /Active/ }).first()
  await expect(host).toBeVisible()
  await expect(host.getByRole('list', { name: 'Steps' })).toContainText('Building')
  await expect(host.getByRole('meter', { name: 'Slots' })).toBeVisible()
  await host.getByRole('button', { name: 'Retire' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: /^Retire / })
  await expect(dialog).toContainText('takes no more notebooks')
  await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await host.getByRole('button', { name: 'Release' }).press('Enter')
  const release = page.getByRole('dialog', { name: /^Release / })
  await expect(release).toContainText('given back')
  await page.keyboard.press('Escape')
  await expect(release).toBeHidden()
  await expect(host.getByRole('button', { name: 'Release' }), 'where the dialog was opened').toBeFocused()
  await expect(host).toContainText('Active')
})

test('what the cloud refuses is told in its own words, with the time of the next try', async ({ page }) => {
  const at = new Date().toISOString()
  await page.route('**/api/v1/pool', async (route) => {
    const answer = await route.fetch()
    const pool = (await answer.json()) as object
    const strays = [{ kind: 'volume', id: 'v-1', name: 'pb_dd_x-data', host_id: 'x', created_at: at, release_at: at }]
    const headroom = { projected: -2, target: 4, largest: 8, fits: false, hosts: 1, max_hosts: 4, building: 1 }
    await route.fulfill({ json: { ...pool, state: 'running', headroom, strays, pause: { since: at, until: at, reason: 'Quota exceeded for cores: Requested 4, but already used 8 of 8 cores' } } })
  })
  await page.route('**/api/v1/hosts', async (route) => {
    const answer = await route.fetch()
    const { items } = (await answer.json()) as { items: object[] }
    const first = items[0] as object
    const failing = {
      ...first, id: 'failing', name: 'pb_dd_failing', state: 'preparing', stage: 'engine', state_since: at, slots: 0, slots_used: 0, flavor: 'mini', steps: [{ step: 'requested', seconds: 0 }, { step: 'building', seconds: 47.2 }],
      trouble: [{ at, message: 'the engine does not answer: i/o timeout' }], cloud: { server_id: 's-1', security_group_id: 'g-1', volume_ids: ['v-2'] },
    }
    await route.fulfill({ json: { items: [failing, ...items], next_cursor: null } })
  })
  await page.goto('/pool')
  await expect(page.getByRole('alert').filter({ hasText: 'No hosts are made' })).toContainText('Quota exceeded for cores')
  await expect(page.getByText('2 slots are missing; 4 are wanted; a host is being made ready.')).toBeVisible()
  await expect(page.getByRole('region', { name: 'In the cloud without a record' })).toContainText('pb_dd_x-data')
  const host = page.getByRole('article', { name: 'pb_dd_failing' })
  await expect(host).toContainText('waiting for its engine')
  await expect(host.getByText('the engine does not answer: i/o timeout')).toBeVisible()
  await expect(host.getByRole('list', { name: 'Steps' })).toContainText(/Building 47 s.*Engine/)
  await expect(host.getByRole('button', { name: 'Retire' }), 'nothing is on it to wait for').toHaveCount(0)
  const running = host.locator('[aria-current="step"]')
  const before = await running.innerText()
  await expect(running, 'its clock runs').not.toHaveText(before)
  await host.getByText('In the cloud').click()
  await expect(host.getByRole('button', { name: 'Copy the id: Server' })).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
})

test('what was set aside is told with what to do, and is tried again', async ({ page }) => {
  const at = new Date().toISOString()
  const host = { actor: 'Host-h1', at, reason: 'it failed 6 times within 10 minutes', tries: 6, error: 'index out of range [3]', hint: 'Notebooks on this host go on, and it takes no new ones.', is_retried: false }
  const supervisor = { ...host, actor: 'PoolSupervisor', hint: 'It is tried again every 30 seconds.', is_retried: true }
  let resting = [host, supervisor]
  let asked = ''
  await page.route('**/api/v1/pool', async (route) => {
    const pool = (await (await route.fetch()).json()) as object
    await route.fulfill({ json: { ...pool, set_aside: resting } })
  })
  await page.route('**/api/v1/pool/set-aside/*/retry', async (route) => {
    asked = route.request().url()
    resting = [supervisor]
    const pool = (await (await page.request.get('/api/v1/pool')).json()) as object
    await route.fulfill({ status: 202, json: { ...pool, set_aside: resting } })
  })
  await page.goto('/pool')
  const aside = page.getByRole('region', { name: 'Set aside after repeated failures' })
  await expect(aside).toContainText('Host-h1: it failed 6 times within 10 minutes')
  await expect(aside).toContainText('Notebooks on this host go on')
  await expect(aside).toContainText('index out of range [3]')
  await expect(aside).toContainText('It is tried again every 30 seconds.')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await aside.getByRole('button').click()
  await expect(aside).not.toContainText('Host-h1')
  expect(asked).toContain('/set-aside/Host-h1/retry')
})

test('variables are in groups, and a wrong duration is refused in place', async ({ page }) => {
  await page.goto('/configure')
  await expect(page.getByRole('rowheader', { name: 'Care of hosts' })).toBeVisible()
  await page.getByRole('button', { name: /^Edit DD_HOST_LIFETIME/ }).click()
  const field = page.getByLabel('Value of DD_HOST_LIFETIME')
  await field.fill('soon')
  await page.keyboard.press('Enter')
  await expect(field).toHaveAccessibleDescription(/DD_HOST_LIFETIME cannot be "soon".*1h 30m/)
  await field.fill('90m')
  await page.keyboard.press('Enter')
  const value = page.getByRole('button', { name: 'Edit DD_HOST_LIFETIME, now 1h 30m' })
  await expect(value).toBeVisible()
  await page.request.put('/api/v1/variables/DD_HOST_LIFETIME', { data: { value: '4h' } })
  await page.getByRole('button', { name: /^Edit DD_HOST_USER_DATA_EXTRA/ }).click()
  await expect(page.getByRole('textbox', { name: 'Value of DD_HOST_USER_DATA_EXTRA' })).toHaveJSProperty('tagName', 'TEXTAREA')
  const lines = page.getByRole('textbox', { name: 'Value of DD_HOST_USER_DATA_EXTRA' })
  await lines.fill('neither a script\nnor cloud-config')
  await page.keyboard.press('Escape')
  await expect(lines, 'what was written is not thrown away').toBeVisible()
  const row = page.getByRole('row').filter({ has: lines })
  await row.getByRole('button', { name: 'Save' }).click()
  await expect(lines).toHaveAccessibleDescription(/DD_HOST_USER_DATA_EXTRA/)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await row.getByRole('button', { name: 'Cancel' }).click()
  await expect(lines).toBeHidden()
})
