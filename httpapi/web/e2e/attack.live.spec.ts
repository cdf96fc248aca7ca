import { expect, mark, saying, seenBy, test } from './attacksite'

// Ways of a hostile page to its visitor's own notebook that stay open: windows,
// websockets, event streams, service workers.

for (const [word, protocols] of [['plain', []], ['with a subprotocol', ['v1.kernel.websocket.jupyter.org']]] as const) {
  test(`a websocket to the neighbour is refused, ${word}`, async ({ victim, site }) => {
    const url = `${site.own.origin.replace('https', 'wss')}/ws?${mark()}`
    const connect = async (page = victim.evil): Promise<string> =>
      page.evaluate(
        ([url, protocols]) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(url, [...protocols])
            socket.onopen = () => resolve('open')
            socket.onclose = () => resolve('refused')
          }),
        [url, protocols] as const,
      )
    expect(await connect()).toBe('refused')
    expect((await seenBy(victim.own)).filter(({ uri }) => url.endsWith(uri))).toEqual([])
    if (protocols.length === 0) expect(await connect(victim.own), 'the same from its own page').toBe('open')
  })
}

test('a websocket of a frame without an origin is refused', async ({ victim, site }) => {
  const url = `${site.own.origin.replace('https', 'wss')}/ws?${mark()}`
  const told = await victim.evil.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        window.addEventListener('message', ({ data }) => resolve(String(data)))
        const frame = document.createElement('iframe')
        frame.setAttribute('sandbox', 'allow-scripts')
        frame.srcdoc = `<script>const s = new WebSocket(${JSON.stringify(url)}); s.onopen = () => parent.postMessage('open', '*'); s.onclose = () => parent.postMessage('refused', '*')</script>`
        document.body.append(frame)
      }),
    url,
  )
  expect(told).toBe('refused')
  expect((await seenBy(victim.own)).filter(({ uri }) => url.endsWith(uri))).toEqual([])
})

test('an event stream of the neighbour is refused', async ({ victim, site }) => {
  const word = mark()
  const told = await victim.evil.evaluate(
    (url) =>
      new Promise<string>((resolve) => {
        const events = new EventSource(url, { withCredentials: true })
        events.onopen = () => resolve('open')
        events.onerror = () => resolve('refused')
      }),
    `${site.own.origin}/sse?${word}`,
  )
  expect(told).toBe('refused')
  expect((await seenBy(victim.own)).filter(({ uri }) => uri.includes(word))).toEqual([])
})

test('a window of the neighbour opens for its reader, and tells the opener nothing', async ({ victim, site }) => {
  const word = mark()
  const opened = victim.context.waitForEvent('page')
  await victim.evil.evaluate((url) => void Object.assign(window, { theirs: window.open(url) }), saying(site.own, `<title>${word}</title><p>secret`))
  const theirs = await opened
  await expect(theirs, 'a navigation of the whole tab is a person who follows a link').toHaveTitle(word)
  const learnt = await victim.evil.evaluate(() => {
    const { theirs } = window as unknown as { theirs: Window }
    try {
      document.domain = document.domain.replace(/^[^.]+\./, '') // as if both were of the parent's origin
    } catch {
      // the browser knows that trick
    }
    const tries: Record<string, () => unknown> = {
      document: () => theirs.document.title,
      address: () => theirs.location.href,
      storage: () => theirs.localStorage.length,
      script: () => (theirs as unknown as { eval: (source: string) => unknown }).eval('document.title'),
    }
    return Object.entries(tries).filter(([, look]) => {
      try {
        look()
        return true
      } catch {
        return false
      }
    })
  })
  expect(learnt).toEqual([])
})

for (const where of ['notebook', 'ui'] as const) {
  test(`a frame of the ${where === 'ui' ? 'UI' : 'neighbour'} shows nothing`, async ({ victim, site }) => {
    const url = where === 'ui' ? `${site.ui}/` : saying(site.own, '<title>framed</title>')
    const loaded = victim.evil.waitForResponse((answer) => answer.url() === url)
    const told = await victim.evil.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const frame = document.createElement('iframe')
          frame.onload = () => resolve(frame.contentDocument ? 'readable' : 'closed')
          frame.src = url
          document.body.append(frame)
        }),
      url,
    )
    expect(told).toBe('closed')
    const answer = await loaded
    if (where === 'ui') {
      expect(answer.headers()['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(victim.evil.frames().at(-1)?.url(), 'the browser shows its own error instead').toContain('chrome-error')
    } else {
      expect(answer.status()).toBe(403)
    }
  })
}

test('the UI that a hostile page opens or that opened it is out of its reach', async ({ victim, site }) => {
  const opened = victim.context.waitForEvent('page')
  const before = await victim.evil.evaluate((url) => {
    const theirs = window.open(url)
    Object.assign(window, { theirs })
    return theirs === null
  }, `${site.ui}/`)
  expect(before).toBe(false)
  const ui = await opened
  await expect(ui.getByRole('region', { name: 'My notebooks' })).toBeVisible()
  expect(await ui.evaluate(() => window.opener === null), 'its Cross-Origin-Opener-Policy has cut the tie').toBe(true)
  expect(await victim.evil.evaluate(() => (window as unknown as { theirs: Window }).theirs.closed)).toBe(true)

  const tab = victim.context.waitForEvent('page')
  await (await victim.dashboard()).getByRole('link', { name: 'Open in browser' }).first().click()
  expect(await (await tab).evaluate(() => window.opener === null), 'a notebook cannot send the UI that opened it elsewhere').toBe(true)
})

test('a service worker of a hostile notebook sees its own origin only', async ({ victim, site }) => {
  const script = `self.addEventListener('install', () => self.skipWaiting()); self.addEventListener('activate', (e) => e.waitUntil(clients.claim()));
    self.addEventListener('fetch', (e) => { if (e.request.mode === 'navigate') e.respondWith(new Response('<title>taken over</title>', { headers: { 'Content-Type': 'text/html' } })) })`
  const headers = ['Content-Type: text/javascript', 'Service-Worker-Allowed: /']
  const register = async (url: string, scope: string): Promise<string> =>
    victim.evil.evaluate(
      async ([url, scope]) => {
        try {
          await navigator.serviceWorker.register(url, { scope })
          await navigator.serviceWorker.ready
          return 'registered'
        } catch (error) {
          return String(error)
        }
      },
      [url, scope] as const,
    )
  const own = saying(site.hostile, script, headers, '/deep/sw.js')
  expect(await register(own, `${site.own.origin}/`)).toContain('SecurityError')
  expect(await register(own, `${site.ui}/`)).toContain('SecurityError')
  expect(await register(saying(site.own, script, headers), '/')).toContain('SecurityError')
  expect(await register(own, '/'), 'its own origin is its own').toBe('registered')
  await victim.evil.reload()
  await expect(victim.evil).toHaveTitle('taken over')
  const word = mark()
  const blind = await victim.evil.evaluate(async (url) => {
    await navigator.serviceWorker.ready
    return (await fetch(url, { mode: 'no-cors', credentials: 'include' })).type
  }, `${site.own.origin}/${word}`)
  expect(blind, 'a request that its service worker lets through is a neighbour’s all the same').toBe('opaque')
  expect((await seenBy(victim.own)).filter(({ uri }) => uri.includes(word))).toEqual([])
  await victim.own.reload()
  await expect(victim.own).toHaveTitle('Hostile notebook')
  await victim.dashboard()
})
