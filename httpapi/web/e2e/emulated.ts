import { test as base, request, type APIRequestContext, type BrowserContext, type Page } from '@playwright/test'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, faultsOf } from './site'
import { steady } from './steady'

// Servers of their own, for tests that let their engine or their cloud fail: the
// emulator is a process of its own then, with a door at which faults are asked for.
const program = fileURLToPath(new URL('../../../bin/dockerdriver', import.meta.url))
const password = 'a-password-for-the-faults'

/** What meets requests to an emulated engine or cloud; the emulator's packages say what each field means. */
export interface Fault {
  match: string
  times?: number
  status?: number
  message?: string
  delay_ms?: number
}

/** The control door of what is emulated. */
export interface Faults {
  ask: (fault: Fault) => Promise<void>
  clear: () => Promise<void>
  /** The engine or cloud itself. */
  api: APIRequestContext
}

/** A server on something emulated, with an administrator logged in. */
export interface Emulated {
  url: string
  admin: APIRequestContext
  faults: Faults
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map((server) => new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })), // prettier-ignore
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Programs that were started, to be ended in turn, the last one first. */
class Programs {
  #running: { child: ChildProcess; ended: Promise<unknown> }[] = []
  #log = ''

  start(args: string[]): void {
    const child = spawn(program, args, { env: { ...process.env, DOCKERDRIVER_ADMIN_PASSWORD: password }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.#log += chunk.toString()))
    this.#running.unshift({ child, ended: new Promise((resolve) => child.once('exit', resolve)) })
  }

  /** Waits until something answers there. */
  async answers(url: string): Promise<void> {
    await expect(async () => {
      expect(this.#running.map(({ child }) => child.exitCode), this.#log).not.toContain(1)
      expect((await fetch(url)).status).toBe(200)
    }).toPass({ timeout: 60_000, intervals: [50] })
  }

  async end(): Promise<void> {
    for (const { child, ended } of this.#running) {
      child.kill('SIGTERM')
      await ended
    }
  }
}

async function faultsAt(url: string): Promise<Faults> {
  const api = await request.newContext({ baseURL: url })
  return {
    api,
    async ask(fault) {
      const answer = await api.post('/_emulator/faults', { data: { times: 0, ...fault } })
      expect(answer.status(), await answer.text()).toBe(201)
    },
    async clear() {
      expect((await api.delete('/_emulator/faults')).status()).toBe(204)
    },
  }
}

/** Starts an emulator and a server on it; kind says whether it is one engine with one slot, or a cloud of machines. */
async function start(programs: Programs, dir: string, kind: 'engine' | 'cloud', arrange: (faults: Faults) => Promise<void>): Promise<Emulated> {
  const [ui, notebooks, ops, engine, cloud] = (await freePorts(5)) as [number, number, number, number, number]
  const at = kind === 'engine' ? `http://127.0.0.1:${engine}` : `http://127.0.0.1:${cloud}`
  const engineURL = `tcp://127.0.0.1:${engine}`
  programs.start(['emulator', '--state-dir', `${dir}/emulator`, '--listen', engineURL, ...(kind === 'cloud' ? ['--openstack', `127.0.0.1:${cloud}`] : [])])
  await programs.answers(`${at}/_emulator/faults`)
  const faults = await faultsAt(at)
  await arrange(faults)
  programs.start([
    'demo', '--data-dir', `${dir}/data`, '--listen', `127.0.0.1:${ui}`, '--proxy-listen', `127.0.0.1:${notebooks}`, '--ops-listen', `127.0.0.1:${ops}`,
    '--cloud', 'emulator', ...(kind === 'cloud' ? ['--emulator-url', `${at}/identity/v3`] : ['--emulator-url', engineURL, '--local-slots', '1']),
    '--answer-limit', '2s', '--log-format', 'json',
  ]) // prettier-ignore
  await programs.answers(`http://127.0.0.1:${ops}/readyz`)
  const url = `http://127.0.0.1:${ui}`
  const admin = await request.newContext({ baseURL: url })
  expect((await admin.post('/api/v1/sessions', { data: { email: 'admin@localhost', password } })).status()).toBe(201)
  return { url, admin, faults }
}

interface Sites {
  /** On one engine with room for one notebook. */
  engine: Emulated
  /** On a cloud whose project has no room for a host. */
  fullCloud: Emulated
}

/** What a cloud says to a project that has used up its cores. */
const quotaWords = 'Quota exceeded for cores: Requested 4, but already used 8 of 8 cores'

async function served(kind: 'engine' | 'cloud', run: (site: Emulated) => Promise<void>, arrange: (faults: Faults) => Promise<void> = async () => undefined): Promise<void> {
  const dir = mkdtempSync(`${tmpdir()}/dockerdriver-faults.`)
  const programs = new Programs()
  try {
    const site = await start(programs, dir, kind, arrange)
    await run(site)
    await Promise.all([site.admin.dispose(), site.faults.api.dispose()])
  } finally {
    await programs.end()
    rmSync(dir, { recursive: true, force: true })
  }
}

type Opener = (site: Emulated, path: string) => Promise<Page>

export const test = base.extend<{ open: Opener }, Sites>({
  // eslint-disable-next-line no-empty-pattern
  engine: [async ({}, run) => served('engine', run), { scope: 'worker', timeout: 120_000 }],
  fullCloud: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, run) => served('cloud', run, (faults) => faults.ask({ match: 'POST /compute/*/servers', status: 403, message: quotaWords })),
    { scope: 'worker', timeout: 120_000 },
  ],
  /** Opens a page of a site for its administrator; pages of one test share a browser's session. */
  open: async ({ browser }, run) => {
    const contexts = new Map<Emulated, BrowserContext>()
    const faults: string[][] = []
    await run(async (site, path) => {
      const context = contexts.get(site) ?? (await browser.newContext({ baseURL: site.url, ignoreHTTPSErrors: true, locale: 'en-GB', storageState: await site.admin.storageState() }))
      contexts.set(site, context)
      const page = await context.newPage()
      steady(page)
      faults.push(faultsOf(page))
      await page.goto(path)
      return page
    })
    for (const [site, context] of contexts) {
      await site.faults.clear()
      await context.close()
    }
    expect(faults.flat()).toEqual([])
  },
})

/** Ends every instance of a site, and waits until they are gone. */
export async function endAll({ admin }: Emulated): Promise<void> {
  const present = async () => {
    const { items } = (await (await admin.get('/api/v1/instances?all=true')).json()) as { items: { id: string; state: string }[] }
    return items.filter(({ state }) => state !== 'deleted')
  }
  await Promise.all((await present()).map(({ id }) => admin.delete(`/api/v1/instances/${id}`)))
  await expect.poll(present).toEqual([])
}

export { expect }
