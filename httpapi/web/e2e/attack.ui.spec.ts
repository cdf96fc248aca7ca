import type { Page } from '@playwright/test'
import { expect, saying, test, type AttackSite } from './attacksite'

// What a hostile notebook's page does to the UI and its API, in the browser of an
// administrator who is logged in there.

/** Everything that the attacks want to change. */
async function state(site: AttackSite): Promise<unknown> {
  const of = async (path: string): Promise<unknown> => (await site.victim.get(`/api/v1/${path}`)).json()
  const { items: instances } = (await of('instances?all=true')) as { items: { id: string; state: string }[] }
  const { items: variables } = (await of('variables')) as { items: { key: string; value: string }[] }
  const { items: blueprints } = (await of('blueprints')) as { items: { name: string; is_enabled: boolean }[] }
  const { items: users } = (await of('users')) as { items: { email: string; role: string; blocked: boolean }[] }
  return {
    instances: instances.map(({ id, state }) => [id, state]),
    variables: variables.map(({ key, value }) => [key, value]),
    blueprints: blueprints.map(({ name, is_enabled }) => [name, is_enabled]),
    users: users.map(({ email, role, blocked }) => [email, role, blocked]),
    tokens: await of('tokens'),
  }
}

/** The attacks, as method, path and body. */
function wishes(site: AttackSite): [method: string, path: string, body?: object][] {
  return [
    ['POST', '/api/v1/sessions', { email: 'mallory@example.org', password: 'a-password-for-the-attack' }],
    ['DELETE', '/api/v1/sessions/current'],
    ['POST', '/api/v1/tokens', { name: 'stolen' }],
    ['POST', '/api/v1/users', { email: 'eve@example.org', role: 'admin', password: 'a-password-of-the-attacker' }],
    ['POST', '/api/v1/instances', { blueprint_id: 'any' }],
    ['DELETE', `/api/v1/instances/${site.own.id}`],
    ['POST', `/api/v1/instances/${site.own.id}/open`, {}],
    ['PUT', '/api/v1/variables/DD_SHUTDOWN_MODE', { value: 'True' }],
    ['POST', '/api/v1/image-pulls', { reference: 'evil.example/image' }],
  ]
}

async function blindly(page: Page, url: string, init: RequestInit): Promise<string> {
  return page.evaluate(
    async ([url, init]) => {
      try {
        const answer = await fetch(url, { credentials: 'include', ...init })
        return `${answer.type} ${answer.status}`
      } catch {
        return 'refused by the browser'
      }
    },
    [url, init] as const,
  )
}

test('nothing of the API can be read, whatever is asked for', async ({ victim, site }) => {
  for (const path of ['me', 'instances?all=true', 'users', 'tokens', 'audit', 'variables', 'openapi.json', 'events']) {
    expect(await blindly(victim.evil, `${site.ui}/api/v1/${path}`, {}), path).toBe('refused by the browser')
  }
  expect(await blindly(victim.evil, `${site.ui}/`, {})).toBe('refused by the browser')
})

test('writes with JSON, which need leave, get none', async ({ victim, site }) => {
  const before = await state(site)
  for (const [method, path, body] of wishes(site)) {
    const init = { method, headers: { 'Content-Type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) }
    expect(await blindly(victim.evil, site.ui + path, init), `${method} ${path}`).toBe('refused by the browser')
  }
  expect(await state(site)).toEqual(before)
})

for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
  test(`JSON that says it is ${type} needs no leave, arrives, and is refused`, async ({ victim, site }) => {
    const before = await state(site)
    for (const [, path, body] of wishes(site).filter(([method]) => method === 'POST')) {
      const known = site.answered(path).length
      const init = { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': type }, body: JSON.stringify(body) } as const
      expect(await blindly(victim.evil, site.ui + path, init), path).toMatch(/^opaque 0$|refused by the browser/)
      await expect.poll(() => site.answered(path).slice(known).map(({ status }) => status), path).toEqual([403])
    }
    expect(await state(site)).toEqual(before)
  })
}

test('a form can neither log in as somebody else nor launch nor make a token', async ({ victim, site }) => {
  const before = await state(site)
  for (const [, path, body] of wishes(site).filter(([method]) => method === 'POST')) {
    await victim.evil.goto(`${site.hostile.origin}/`)
    // The name is the JSON's beginning, the value its end: the "=" between them is in a string.
    const [name, value] = [`${JSON.stringify({ ...body, x: '' }).slice(0, -2)}`, '"}']
    const answered = victim.evil.waitForResponse((answer) => answer.url() === site.ui + path)
    await victim.evil.evaluate(
      ([action, name, value]) => {
        const form = document.createElement('form')
        Object.assign(form, { action, method: 'post', enctype: 'text/plain' })
        const field = document.createElement('input')
        Object.assign(field, { name, value })
        form.append(field)
        document.body.append(form)
        form.submit()
      },
      [site.ui + path, name ?? '', value ?? ''] as const,
    )
    expect((await answered).status(), path).toBe(403)
    expect((await answered).headers()['set-cookie'], path).toBeUndefined()
    await victim.evil.waitForURL(site.ui + path)
  }
  expect(await state(site)).toEqual(before)
  await expect((await victim.dashboard()).getByRole('region', { name: 'My notebooks' }), 'still who they were').toContainText('Open to all')
})

test('sendBeacon to the API is refused', async ({ victim, site }) => {
  const before = await state(site)
  const known = site.answered('/api/v1/tokens').length
  await victim.evil.evaluate((url) => navigator.sendBeacon(url, '{"name":"stolen"}'), `${site.ui}/api/v1/tokens`)
  await expect.poll(() => site.answered('/api/v1/tokens').slice(known).map(({ status }) => status)).toEqual([403])
  expect(await state(site)).toEqual(before)
})

test('the events of the UI cannot be listened to', async ({ victim, site }) => {
  const told = await victim.evil.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const events = new EventSource(url, { withCredentials: true })
        events.onopen = () => resolve('open')
        events.onmessage = ({ data }) => resolve(String(data))
        events.onerror = () => resolve('refused')
      }),
    `${site.ui}/api/v1/events`,
  )
  expect(told).toBe('refused')
})

for (const tag of ['img', 'script', 'iframe', 'object']) {
  test(`<${tag}> of the API's answers shows nothing`, async ({ victim, site }) => {
    const known = site.answered('/api/v1/me').length
    const learnt = await victim.evil.evaluate(
      ([tag, url]) =>
        new Promise<string>((resolve) => {
          window.addEventListener('error', ({ message }) => resolve(`ran: ${message}`))
          const element = document.createElement(tag)
          element.onload = () => resolve((element as HTMLIFrameElement).contentDocument ? 'readable' : 'closed')
          element.onerror = () => resolve('closed')
          element.setAttribute(tag === 'object' ? 'data' : 'src', url)
          document.body.append(element)
        }),
      [tag, `${site.ui}/api/v1/me`] as const,
    )
    expect(learnt).toBe('closed')
    await expect.poll(() => site.answered('/api/v1/me').length).toBeGreaterThan(known)
  })
}

test('no address of the UI changes anything by being opened', async ({ victim, site }) => {
  const before = await state(site)
  const label = new URL(site.own.origin).host.split('.')[0] ?? ''
  const paths = [
    '/launches/any', '/instances/any', '/login?next=//evil.example', '/api/v1/sessions/current', '/api/v1/instances',
    `/api/v1/instances/${site.own.id}`, `/api/v1/instances/${site.own.id}/open`, '/api/v1/tokens?name=stolen', '/logout',
    `/open?label=${label}&browser=${'0f'.repeat(32)}&path=/`,
  ] // prettier-ignore
  for (const path of paths) {
    await victim.evil.goto(`${site.hostile.origin}/`)
    await victim.evil.evaluate((url) => location.assign(url), site.ui + path)
    await expect(victim.evil, path).not.toHaveURL(new RegExp(`^${site.hostile.origin}`))
    await victim.evil.waitForLoadState()
  }
  expect(await state(site)).toEqual(before)
  await victim.dashboard()
})

test('a launch link only shows what is there', async ({ victim, site }) => {
  const before = await state(site)
  const opened = victim.context.waitForEvent('page')
  await victim.evil.evaluate((url) => void window.open(url), `${site.ui}/launches/${site.own.id}`)
  const page = await opened
  await page.waitForURL(new RegExp(`^${site.own.origin}/`)) // it runs, so the page goes on to it
  expect(await state(site)).toEqual(before)
})

test('what a notebook writes into its log is text to its administrator', async ({ victim, site }) => {
  const trap = '/<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'
  await victim.evil.goto(saying(site.hostile, '-', [], encodeURI(trap)))
  const page = await victim.dashboard()
  const log = await page.evaluate(async (id) => (await fetch(`/api/v1/instances/${id}/logs?type=running`)).headers.get('content-type'), site.hostile.id)
  expect(log).toContain('json')
  await expect(page).not.toHaveTitle('taken')
})
