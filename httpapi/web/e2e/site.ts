import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type APIRequestContext, type Locator, type Page } from '@playwright/test'
import type { Instance } from '../src/api/model'
import { steady } from './steady'

const email = 'admin@localhost'
const password = process.env['DOCKERDRIVER_ADMIN_PASSWORD'] ?? ''

/** Logs in through the page itself. */
export async function logIn(page: Page, path = '/login'): Promise<void> {
  // A browser that sees the machine's network change, as containers come and go, breaks off what it loads.
  await expect(async () => {
    await page.goto(path)
    await page.getByLabel('Email').fill(email, { timeout: 5000 })
  }).toPass({ timeout: 60_000 })
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

export interface Environment {
  id: string
  name: string
}

/** Makes and activates a blueprint of the demo image. */
export async function makeEnvironment(admin: APIRequestContext, name: string, config: object = {}): Promise<Environment> {
  const plugins = (await (await admin.get('/api/v1/plugins')).json()) as { items: { defaults: object }[] }
  const data = { name, plugin: 'DockerDriver', config: { ...plugins.items[0]?.defaults, ...config } }
  const environment = (await (await admin.post('/api/v1/blueprints', { data })).json()) as Environment
  expect((await admin.post(`/api/v1/blueprints/${environment.id}/activate`)).status()).toBe(200)
  return environment
}

/** What a page throws, and what the content policy stops, from now on. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) faults.push(`${message.text()} ${message.location().url}:${message.location().lineNumber}`)
  })
  return faults
}

/** What an administrator can do without a page, for what a test is not about. */
export interface Backstage {
  /** Makes and activates a blueprint of the demo image that goes with the test. */
  environment: (name: string, config?: object) => Promise<Environment>
}

async function removeEverything(page: Page, made: Environment[]): Promise<void> {
  const { items } = (await (await page.request.get('/api/v1/instances')).json()) as { items: { id: string; blueprint_id: string }[] }
  const ours = items.filter(({ blueprint_id }) => made.some(({ id }) => id === blueprint_id))
  await Promise.all(ours.map(({ id }) => page.request.delete(`/api/v1/instances/${id}`)))
  await expect(async () => {
    const answers = await Promise.all(made.map(({ id }) => page.request.delete(`/api/v1/blueprints/${id}`)))
    for (const answer of answers) expect([204, 404]).toContain(answer.status())
  }).toPass({ timeout: 20_000 })
}

/** Somebody else, who is no administrator, in a browser of their own. */
export interface Guest {
  email: string
  page: Page
}

/**
 * Tests whose page is logged in already, and must neither throw nor be stopped
 * by the content policy.
 */
export const test = base.extend<{ backstage: Backstage; guest: Guest }>({
  page: async ({ page }, run) => {
    steady(page)
    const faults = faultsOf(page)
    const answer = await page.request.post('/api/v1/sessions', { data: { email, password } })
    expect(answer.status(), 'DOCKERDRIVER_ADMIN_PASSWORD must be the password of admin@localhost').toBe(201)
    await run(page)
    expect(faults).toEqual([])
  },
  backstage: async ({ page }, run) => {
    const made: Environment[] = []
    await run({
      async environment(name, config = {}) {
        const environment = await makeEnvironment(page.request, name, config)
        made.push(environment)
        return environment
      },
    })
    await removeEverything(page, made)
  },
  guest: async ({ page, browser, baseURL }, run) => {
    const who = { email: `guest-${Date.now()}@example.org`, password: 'a-guests-password' }
    const made = await page.request.post('/api/v1/users', { data: { ...who, name: 'Guest', role: 'user' } })
    expect(made.status()).toBe(201)
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', ...(baseURL ? { baseURL } : {}) })
    expect((await context.request.post('/api/v1/sessions', { data: who })).status()).toBe(201)
    const guest = { email: who.email, page: await context.newPage() }
    steady(guest.page)
    const faults = faultsOf(guest.page)
    await run(guest)
    await context.close()
    const { id } = (await made.json()) as { id: string }
    await page.request.delete(`/api/v1/users/${id}`)
    expect(faults).toEqual([])
  },
})

/** The card of an environment on the dashboard. */
export const environmentCard = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'Environments' }).getByRole('article', { name, exact: true })

/** The card of the reader's instance of an environment. */
export const instanceCard = (page: Page, environment: string): Locator =>
  page.getByRole('region', { name: 'My notebooks' }).getByRole('article').filter({ has: page.getByRole('heading', { name: environment, exact: true }) })

/** An instance that runs since a minute, as the API shows it, for pages that are to see what no server does at once. */
export function runningInstance(over: Partial<Instance>): Instance {
  const at = new Date(Date.now() - 60_000).toISOString()
  return {
    id: 'i1', name: 'pb-otter', state: 'running', stage: '', stage_since: at, passed: [], blueprint_id: 'b', blueprint_name: 'RStudio', test: false, user_id: 'u', user: '', host_id: 'h', image: 'x', image_id: 'x',
    url: 'https://x.localhost/', created_at: at, started_at: at, expires_at: null, extendable_until: null, last_used_at: null, idle_ends_at: null, visits: [], ended_at: null, end_reason: '',
    failure: null, queue: null, image_progress: null, launch_estimate: null, memory_limit: 1, slots: 1, ...over,
  }
}

/** How many pixels of the page are beside the window. */
export const sideways = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Nobody is kept out of the page as it is now, when what fades has faded: its colours are paler until then. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
    await Promise.all(ending.map(({ finished }) => finished.catch(() => undefined)))
  })
  // Our pages have no frames of others, for which the other mode opens a page of its own each time.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([])
}

/** The page is still to be seen beside a dialog, in both themes. */
export async function expectPageBehind(page: Page, dialog: Locator): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const surface = await dialog.evaluate((element) => getComputedStyle(element).backgroundColor)
    expect(surface).not.toMatch(/, 0\)|transparent/)
    const around = await dialog.evaluate((element) => getComputedStyle(element.parentElement as Element).backgroundColor)
    expect(around, `around the dialog in the ${colorScheme} theme`).toMatch(/, 0\)$/)
  }
  await page.emulateMedia({ colorScheme: null })
}

export { expect }
