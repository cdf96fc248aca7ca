import type { Locator, Page } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Instance } from '../src/api/model'
import { expect, expectAccessible, runningInstance, sideways, test } from './site'

const button = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first()
const link = (name: string) => (page: Page) => page.getByRole('link', { name }).first()

interface Case {
  what: string
  /** The router's own words for it. */
  route: string
  path?: string
  who?: 'guest' | 'nobody'
  heading: string | RegExp
  /** What one comes to the page for. */
  action: (page: Page) => Locator
  /** What the launch page shows. */
  instance?: Partial<Instance>
  /** A fold that is opened first. */
  unfold?: string
}

const wide = 'a-word-that-no-phone-is-wide-enough-for/'.repeat(6)
const launch = { route: '/launches/:id', path: '/launches/i1' }
const inQueue = { state: 'queueing', started_at: null, queue: { position: 12, reason: 'all slots are taken, and 4 of at most 4 notebook hosts are there', eta_seconds: null } } as const
const failure = { code: 'CONTAINER_EXITED_AT_START', message: `The program ended with exit code 1: ${wide}`, hint: `An administrator should check ${wide}`, log: [wide, 'Error: no such file'] }

const cases: Case[] = [
  { what: 'the login', route: '/login', who: 'nobody', heading: 'DockerDriver', action: button('Log in') },
  { what: 'the dashboard', route: '/', heading: 'Dashboard', action: button('Launch new') },
  { what: 'the dashboard of a user', route: '/', who: 'guest', heading: 'Dashboard', action: button('Launch new') },
  { what: 'a launch that waits', ...launch, heading: 'Launching RStudio', action: button('Cancel launch'), instance: inQueue },
  {
    what: 'a launch under way', ...launch, heading: 'Launching RStudio', action: button('Cancel launch'), unfold: 'Log of the launch',
    instance: {
      state: 'provisioning', stage: 'image', started_at: null, passed: [{ stage: 'queueing', seconds: 1 }, { stage: 'scheduled', seconds: 2 }],
      image_progress: { sent: 1e9, total: 3e9, skipped: 0, eta_seconds: 61 }, launch_estimate: { p50_seconds: 8, p90_seconds: 20, count: 3 },
    },
  },
  { what: 'a launch that is ready', ...launch, heading: 'Ready: opening the notebook', action: link('Open the notebook'), instance: {} },
  { what: 'a launch that failed', ...launch, heading: 'RStudio could not be launched', action: button('Launch again'), instance: { state: 'failed', started_at: null, failure } },
  { what: 'a notebook that is lost', ...launch, heading: 'RStudio could not be launched', action: button('Launch again'), instance: { state: 'lost', end_reason: 'host' } },
  { what: 'a notebook that has ended', ...launch, heading: 'RStudio has ended', action: button('Launch again'), instance: { state: 'deleted', end_reason: 'idle' } },
  { what: 'a launch that is unknown', ...launch, path: '/launches/no-such', heading: 'No such notebook', action: link('Go to the dashboard') },
  { what: 'the way to a notebook that waits', route: '/instances/:id', path: '/instances/i1', who: 'guest', heading: 'Launching RStudio', action: button('Cancel launch'), instance: inQueue },
  { what: 'the account', route: '/account', heading: 'Account', action: button('Create token') },
  { what: 'the account of a user', route: '/account', who: 'guest', heading: 'Account', action: button('Create token') },
  { what: 'the configuration', route: '/configure', heading: 'Configure', action: button('Create Blueprint') },
  { what: 'a new blueprint', route: '/configure/plugins/:plugin/new', path: '/configure/plugins/DockerDriver/new', heading: 'New blueprint for DockerDriver', action: button('Create Blueprint') },
  { what: 'a blueprint', route: '/configure/blueprints/:id', path: '/configure/blueprints/(made)', heading: /^Reconfigure /, action: button('Save changes') },
  { what: 'the page of images', route: '/images', heading: 'Images', action: button(/^Pull/) },
  { what: 'the page of instances', route: '/instances', heading: 'Instances', action: (page) => page.getByRole('searchbox', { name: 'Search' }) },
  { what: 'the way into somebody’s notebook', route: '/visits/:id', path: '/visits/i1', heading: 'Open pb-otter?', action: button('Open notebook'), instance: { user_id: 'ann', user: 'ann@example.org' } },
  { what: 'no way into a notebook that has ended', route: '/visits/:id', path: '/visits/i1', heading: 'Open pb-otter?', action: link('Back to all instances'), instance: { user_id: 'ann', state: 'deleted' } },
  { what: 'the failed launch of somebody else', ...launch, heading: 'RStudio could not be launched', action: link('Back to all instances'), instance: { user_id: 'ann', state: 'failed', started_at: null, failure } },
  { what: 'the pool', route: '/pool', heading: 'Pool', action: button('Shut down…') },
  { what: 'a page for administrators, to a user', route: '/pool', who: 'guest', heading: 'For administrators', action: link('Go to the dashboard') },
  { what: 'a page that is missing', route: '*', path: '/no/such/page', heading: 'There is no such page', action: link('Go to the dashboard') },
] // prettier-ignore

test('every page of the router is in the table below', () => {
  const router = readFileSync(fileURLToPath(new URL('../src/App.tsx', import.meta.url)), 'utf8')
  const routes = [...router.matchAll(/<Route path="([^"]+)"/g)].map(([, route]) => route)
  expect(routes.length).toBeGreaterThan(10)
  expect(routes.filter((route) => !cases.some((it) => it.route === route))).toEqual([])
})

/** In both themes nobody is kept out; on a phone it fits, and what one comes for is in reach. */
async function expectFine(page: Page, { heading, action }: Pick<Case, 'heading' | 'action'>): Promise<void> {
  const title = page.getByRole('heading', { level: 1, name: heading })
  await expect(title).toBeVisible()
  await expect(page.locator('.mantine-Skeleton-root')).toHaveCount(0)
  await expect(action(page)).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  }
  await page.setViewportSize({ width: 360, height: 740 })
  await expect(title).toBeVisible()
  expect(await sideways(page), 'it scrolls sideways').toBeLessThanOrEqual(0)
  // Nothing is in front of it, and a finger gets there.
  await action(page).click({ trial: true })
  const box = await action(page).boundingBox()
  expect(box && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box)).toBe(true)
}

/** Opens the page of a row, with what the server has of it made up where that is told. */
async function openPage(page: Page, { route, path = route, instance, unfold }: Case, blueprint = ''): Promise<void> {
  if (instance) {
    const { id } = (await (await page.request.get('/api/v1/me')).json()) as { id: string }
    await page.route('https://x.localhost/', (answer) => answer.fulfill({ status: 204 })) // the page stays
    await page.route('**/api/v1/instances/i1', (answer) => answer.fulfill({ json: runningInstance({ user_id: id, ...instance }) }))
    await page.route('**/api/v1/instances/i1/logs*', (answer) => answer.fulfill({ json: { items: ['queueing', wide] } }))
  }
  await page.goto(path.replace('(made)', blueprint))
  if (unfold) await page.getByText(unfold).click()
}

for (const row of cases) {
  if (row.who === 'nobody') {
    test(`${row.what} is accessible in both themes, and fits a phone`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({ locale: 'en-GB', ...(baseURL ? { baseURL } : {}) })
      const page = await context.newPage()
      await openPage(page, row)
      await expectFine(page, row)
      await context.close()
    })
  } else if (row.who === 'guest') {
    test(`${row.what} is accessible in both themes, and fits a phone`, async ({ guest }) => {
      await openPage(guest.page, row)
      await expectFine(guest.page, row)
    })
  } else {
    test(`${row.what} is accessible in both themes, and fits a phone`, async ({ page, backstage }) => {
      const { id } = await backstage.environment('For every page')
      await openPage(page, row, id)
      await expectFine(page, row)
    })
  }
}

test('the page of a notebook that has ended is accessible in both themes, and fits a phone', async ({ page, backstage }) => {
  const { id: blueprint } = await backstage.environment('Over')
  const { id, url } = (await (await page.request.post('/api/v1/instances', { data: { blueprint_id: blueprint } })).json()) as { id: string; url: string }
  await page.goto(`/launches/${id}`)
  await expect(page).toHaveTitle('Demo notebook')
  await page.request.delete(`/api/v1/instances/${id}`)
  await expect(async () => {
    expect((await page.goto(url))?.status()).toBe(410)
  }).toPass()
  await expectFine(page, { heading: 'This notebook has ended', action: link('Launch again') })
})
