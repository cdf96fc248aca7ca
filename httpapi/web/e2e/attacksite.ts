import { test as base, expect, request, type APIRequestContext, type BrowserContext, type Page } from '@playwright/test'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

// A server of its own for the tests of a hostile notebook, where it is hardest to
// keep out: the UI's host name is above the notebooks' domain, so that all are one
// site to browsers, and every notebook may set cookies for both.
const program = fileURLToPath(new URL('../../../bin/dockerdriver', import.meta.url))
const uiHost = 'hub.localhost'
export const notebookDomain = `nb.${uiHost}`
const password = 'a-password-for-the-attack'

/** A request as a notebook's container got it. */
export interface Sighting {
  method: string
  uri: string
  header: Record<string, string[]>
  body: string
}

/** A line of the server's log. */
interface LogLine {
  message?: string
  method?: string
  path?: string
  status?: number
}

export interface Notebook {
  id: string
  /** Its origin, without a slash at its end. */
  origin: string
}

/** The server, and what is in it: one of its kind for all tests of a file. */
export interface AttackSite {
  /** The UI's origin. */
  ui: string
  /** The attacker's notebook, which the victim, an administrator, is looking at. */
  hostile: Notebook
  /** The victim's own notebook. Its container opens to anybody who gets as far. */
  own: Notebook
  /** What has no browser: the API, as the victim or as the attacker. */
  victim: APIRequestContext
  attacker: APIRequestContext
  log: () => string
  /** How many requests the proxy has refused so far. */
  refused: () => Promise<number>
  /** Requests that the UI's server has answered, whose path begins so. */
  answered: (path: string) => LogLine[]
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function json<T>(answer: { json: () => Promise<unknown>; ok: () => boolean; text: () => Promise<string> }): Promise<T> {
  expect(answer.ok(), await answer.text()).toBe(true)
  return (await answer.json()) as T
}

async function login(api: string, email: string): Promise<APIRequestContext> {
  const context = await request.newContext({ baseURL: api, ignoreHTTPSErrors: true })
  expect((await context.post('/api/v1/sessions', { data: { email, password } })).status()).toBe(201)
  return context
}

async function launch(as: APIRequestContext, blueprint: string, origin: (label: string) => string): Promise<Notebook> {
  const { id } = await json<{ id: string }>(await as.post('/api/v1/instances', { data: { blueprint_id: blueprint } }))
  let url = ''
  await expect(async () => {
    const instance = await json<{ state: string }>(await as.get(`/api/v1/instances/${id}`))
    expect(instance.state).toBe('running')
    url = (await json<{ url: string }>(await as.post(`/api/v1/instances/${id}/open`, { data: {} }))).url
  }).toPass({ timeout: 120_000 })
  return { id, origin: origin(new URL(url).host.split('.')[0] ?? '') }
}

async function start(dir: string): Promise<{ site: AttackSite; stop: () => Promise<void> }> {
  const [uiPort, notebookPort, opsPort] = [await freePort(), await freePort(), await freePort()]
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${uiHost}`,
    '-addext', `subjectAltName=DNS:${uiHost},IP:127.0.0.1`, '-keyout', `${dir}/key.pem`, '-out', `${dir}/cert.pem`,
  ], { stdio: 'pipe' }) // prettier-ignore
  const ui = `https://${uiHost}:${uiPort}`
  const process_: ChildProcess = spawn(program, [
    'demo', '--data-dir', `${dir}/data`, '--listen', `127.0.0.1:${uiPort}`, '--proxy-listen', `127.0.0.1:${notebookPort}`,
    '--ops-listen', `127.0.0.1:${opsPort}`, '--tls-cert', `${dir}/cert.pem`, '--tls-key', `${dir}/key.pem`, '--public-url', ui,
    '--notebook-domain', notebookDomain, '--log-format', 'json',
  ], { env: { ...process.env, DOCKERDRIVER_ADMIN_PASSWORD: password }, stdio: ['ignore', 'pipe', 'pipe'] }) // prettier-ignore
  let log = ''
  process_.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  process_.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const ended = new Promise((resolve) => process_.once('exit', resolve))
  const api = `https://127.0.0.1:${uiPort}`
  const all: APIRequestContext[] = []
  const stop = async (): Promise<void> => {
    const admin = all[0]
    if (admin) await emptied(admin)
    await Promise.all(all.map((context) => context.dispose()))
    process_.kill('SIGTERM')
    await ended
  }
  try {
    await expect(async () => {
      expect(process_.exitCode, log).toBeNull()
      expect((await fetch(`http://127.0.0.1:${opsPort}/readyz`)).status).toBe(200)
    }).toPass({ timeout: 60_000 })
    const victim = await login(api, 'admin@localhost')
    all.push(victim)
    await json(await victim.post('/api/v1/users', { data: { email: 'mallory@example.org', password } }))
    const attacker = await login(api, 'mallory@example.org')
    all.push(attacker)
    const plugins = await json<{ items: { defaults: object }[] }>(await victim.get('/api/v1/plugins'))
    const config = { ...plugins.items[0]?.defaults, environment_vars: 'NOTEBOOK_HOSTILE=yes', maximum_instances_per_user: 2 }
    const blueprint = await json<{ id: string }>(
      await victim.post('/api/v1/blueprints', { data: { name: 'Open to all', plugin: 'DockerDriver', config } }),
    )
    await json(await victim.post(`/api/v1/blueprints/${blueprint.id}/activate`))
    const origin = (label: string): string => `https://${label}.${notebookDomain}:${notebookPort}`
    const [hostile, own] = await Promise.all([launch(attacker, blueprint.id, origin), launch(victim, blueprint.id, origin)])
    const answered = (path: string): LogLine[] => linesOf(log).filter((line) => line.message === 'request' && line.path?.startsWith(path))
    const refused = async (): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
      return Number(/^dockerdriver_proxy_requests_total\{[^}]*"4xx"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    }
    return { site: { ui, hostile, own, victim, attacker, log: () => log, answered, refused }, stop }
  } catch (error) {
    await stop().catch(() => undefined)
    throw new Error(`cannot set the scene: ${String(error)}\n${log}`, { cause: error })
  }
}

/** Containers outlive a server, and the engine may be somebody's own. */
async function emptied(admin: APIRequestContext): Promise<void> {
  const running = async () => (await json<{ items: { id: string; state: string }[] }>(await admin.get('/api/v1/instances?all=true'))).items.filter(({ state }) => state !== 'deleted')
  for (const { id } of await running()) await admin.delete(`/api/v1/instances/${id}`)
  await expect.poll(running, { timeout: 60_000 }).toEqual([])
}

function linesOf(log: string): LogLine[] {
  return log.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as LogLine]
    } catch {
      return [] // what is for the person at the terminal, and the line under way
    }
  })
}

/** The browser of the victim: logged in to the UI, and in both notebooks. */
export interface Browser {
  context: BrowserContext
  /** A page of the hostile notebook: all that runs in it is the attacker's. */
  evil: Page
  /** A page of the victim's own notebook. */
  own: Page
  /** Opens the dashboard. */
  dashboard: () => Promise<Page>
}

type Cookies = Awaited<ReturnType<BrowserContext['storageState']>>

/** Logs in and enters both notebooks, as a person does. */
export async function enter(context: BrowserContext, site: AttackSite): Promise<void> {
  const page = await context.newPage()
  // A browser that sees the machine's network change, as other tests do, breaks off what it loads.
  await expect(async () => {
    await page.goto('/login')
    await page.getByLabel('Email').fill('admin@localhost', { timeout: 5000 })
  }).toPass({ timeout: 60_000 })
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await expect(page.getByRole('region', { name: 'My notebooks' })).toBeVisible()
  for (const { origin } of [site.hostile, site.own]) {
    await page.goto(`${origin}/`)
    if (origin === site.hostile.origin) {
      await page.getByLabel('Reason').fill('It looks odd')
      await page.getByRole('button', { name: 'Open notebook' }).click()
    }
    await expect(page).toHaveTitle('Hostile notebook')
  }
  await page.close()
}

async function visit(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await expect(() => page.goto(url)).toPass({ timeout: 60_000 }) // as above
  return page
}

export const test = base.extend<{ victim: Browser }, { site: AttackSite; entered: Cookies }>({
  site: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, run) => {
      const dir = mkdtempSync(`${tmpdir()}/dockerdriver-attack.`)
      try {
        const { site, stop } = await start(dir)
        await run(site)
        await stop()
      } finally {
        rmSync(dir, { recursive: true, force: true })
      }
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  // The cookies of a browser that is logged in and was in both notebooks. Tests that end them make their own.
  entered: [
    async ({ site, browser }, run) => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: site.ui })
      await enter(context, site)
      const state = await context.storageState()
      await context.close()
      await run(state)
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  victim: async ({ site, browser, entered }, run) => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, baseURL: site.ui, locale: 'en-GB', storageState: entered })
    const dashboard = async (): Promise<Page> => {
      const page = await visit(context, '/')
      await expect(page.getByRole('region', { name: 'My notebooks' })).toBeVisible()
      return page
    }
    await run({ context, dashboard, own: await visit(context, `${site.own.origin}/`), evil: await visit(context, `${site.hostile.origin}/`) })
    await context.close()
  },
})

/** What has reached the container of a notebook, as its owner's page is told. */
export async function seenBy(page: Page): Promise<Sighting[]> {
  return page.evaluate(async () => ((await (await fetch('/seen')).json()) as { items: Sighting[] }).items)
}

/** The address at which a hostile container says what it is told to. */
export function saying(notebook: Notebook, body: string, headers: string[] = [], path = '/say'): string {
  const query = new URLSearchParams({ body })
  for (const header of headers) query.append('header', header)
  return `${notebook.origin}${path}?${query}`
}

/** A word that nothing else says, so that what was sent is found where it came. */
export const mark = (): string => `mark-${Math.random().toString(36).slice(2)}`

export { expect }
