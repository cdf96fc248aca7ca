import type { Page } from '@playwright/test'
import { expect, mark, saying, seenBy, test, type Browser, type Sighting } from './attacksite'

// What a hostile notebook's page does to its visitor's own notebook. Each story is
// told from both sides: what the script learnt, and what reached the container.

/** What the victim's container was asked for at addresses that hold the word. */
async function reached(victim: Browser, word: string): Promise<Sighting[]> {
  return (await seenBy(victim.own)).filter(({ uri, body }) => uri.includes(word) || body.includes(word))
}

/** Runs in the hostile page: asks, and tells what a script can read of the answer. */
async function ask(page: Page, url: string, init: RequestInit = {}): Promise<string> {
  return page.evaluate(
    async ([url, init]) => {
      try {
        const answer = await fetch(url, { credentials: 'include', ...init })
        return `${answer.type} ${answer.status} ${await answer.text()}`
      } catch {
        return 'refused by the browser'
      }
    },
    [url, init] as const,
  )
}

test('the scene: one browser is in both notebooks, and each container sees its own page', async ({ victim, site }) => {
  const word = mark()
  expect(await ask(victim.own, `/${word}`, { method: 'POST' })).toMatch(/^basic 200 /)
  expect(await reached(victim, word)).toHaveLength(1)
  expect(await ask(victim.evil, `/${word}`, { method: 'POST' })).toMatch(/^basic 200 /)
  expect(await reached(victim, word), 'another container').toHaveLength(1)
  expect(new URL(victim.evil.url()).origin).toBe(site.hostile.origin)
})

for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
  test(`fetch ${method} with credentials is neither read nor passed on`, async ({ victim, site }) => {
    const word = mark()
    expect(await ask(victim.evil, `${site.own.origin}/${word}`, { method })).toBe('refused by the browser')
    expect(await ask(victim.evil, `${site.own.origin}/${word}`, { method, headers: { 'X-Custom': 'preflight' } })).toBe('refused by the browser')
    expect(await reached(victim, word)).toEqual([])
  })
}

for (const method of ['GET', 'HEAD', 'POST']) {
  test(`fetch ${method} without cors is sent blindly, and not passed on`, async ({ victim, site }) => {
    const word = mark()
    const body = method === 'POST' ? JSON.stringify({ word }) : undefined
    const answer = await ask(victim.evil, `${site.own.origin}/${word}`, { method, mode: 'no-cors', ...(body ? { body } : {}) })
    expect(answer.trim()).toBe('opaque 0')
    expect(await ask(victim.evil, `${site.own.origin}/${word}`, { method, mode: 'no-cors', keepalive: true, referrerPolicy: 'no-referrer' })).toBe('opaque 0 ')
    expect(await reached(victim, word)).toEqual([])
  })
}

test('a container that allows every origin to read lets no neighbour read', async ({ victim, site }) => {
  const word = mark()
  const open = saying(site.own, word, [`Access-Control-Allow-Origin: ${site.hostile.origin}`, 'Access-Control-Allow-Credentials: true'])
  expect(await ask(victim.own, open), 'its own page').toContain(word)
  const before = (await reached(victim, word)).length
  expect(await ask(victim.evil, open)).toBe('refused by the browser')
  expect(await reached(victim, word)).toHaveLength(before)
})

test('sendBeacon is not passed on', async ({ victim, site }) => {
  const word = mark()
  const sent = await victim.evil.evaluate(([url, word]) => navigator.sendBeacon(url, word), [`${site.own.origin}/${word}`, word] as const)
  expect(sent).toBe(true)
  await expectAnswered(victim.evil, `${site.own.origin}/after-${word}`)
  expect(await reached(victim, word)).toEqual([])
})

/** Goes the same way as what nobody hears the answer of, so that that one is through. */
async function expectAnswered(page: Page, url: string): Promise<void> {
  expect(await ask(page, url, { mode: 'no-cors' })).toBe('opaque 0 ')
}

for (const enctype of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
  test(`a form in ${enctype} is refused, in a frame, in a new tab and over the whole tab`, async ({ victim, site, browserName }) => {
    expect(browserName).toBe('chromium')
    const word = mark()
    const post = async (target: string): Promise<void> => {
      await victim.evil.evaluate(
        ([action, enctype, target, word]) => {
          const form = document.createElement('form')
          Object.assign(form, { action, enctype, target, method: 'post' })
          const field = document.createElement('input')
          Object.assign(field, { name: word, value: word })
          form.append(field)
          document.body.append(form)
          form.submit()
        },
        [`${site.own.origin}/${word}`, enctype, target, word] as const,
      )
    }
    await victim.evil.evaluate(() => {
      const frame = document.createElement('iframe')
      frame.name = 'inside'
      document.body.append(frame)
    })
    const inFrame = victim.evil.waitForResponse((answer) => answer.url().includes(word))
    await post('inside')
    expect((await inFrame).status()).toBe(403)

    const opened = victim.context.waitForEvent('page')
    await post('_blank')
    await expect((await opened).getByRole('heading')).toHaveText('Request from another site')
    await post('_self')
    await expect(victim.evil.getByRole('heading')).toHaveText('Request from another site')
    expect(await reached(victim, word)).toEqual([])
  })
}

for (const tag of ['img', 'script', 'link', 'iframe', 'object', 'embed', 'video']) {
  test(`<${tag}> of the neighbour is not passed on`, async ({ victim, site }) => {
    const word = mark()
    const url = `${site.own.origin}/${word}?body=${encodeURIComponent(`window.stolen = "${word}"`)}&header=Content-Type:text/javascript`
    const before = await site.refused()
    await victim.evil.evaluate(
      ([tag, url]) => {
        const element = document.createElement(tag)
        element.setAttribute(tag === 'link' ? 'href' : tag === 'object' ? 'data' : 'src', url)
        element.setAttribute('rel', 'stylesheet')
        document.body.append(element)
      },
      [tag, url] as const,
    )
    await expect.poll(site.refused).toBeGreaterThan(before)
    expect(await victim.evil.evaluate(() => 'stolen' in window)).toBe(false)
    expect(await reached(victim, word)).toEqual([])
  })
}

test('a module and a worker of the neighbour are not passed on', async ({ victim, site }) => {
  const word = mark()
  const failed = await victim.evil.evaluate(async (url) => {
    const module = import(/* @vite-ignore */ `${url}/module`).then(() => 'loaded', () => 'refused')
    let worker: string
    try {
      new Worker(`${url}/worker`)
      worker = 'made'
    } catch {
      worker = 'refused'
    }
    return [await module, worker]
  }, `${site.own.origin}/${word}`)
  expect(failed).toEqual(['refused', 'refused'])
  expect(await reached(victim, word)).toEqual([])
})

for (const status of [302, 307, 308]) {
  test(`what its own container sends on with ${status} stays a neighbour's request`, async ({ victim, site }) => {
    const word = mark()
    const detour = saying(site.hostile, '-', [`Location: ${site.own.origin}/${word}`]) + `&status=${status}`
    for (const method of ['GET', 'POST']) expect(await ask(victim.evil, detour, { method, mode: 'no-cors' })).toBe('opaque 0 ')
    const refused = victim.evil.waitForResponse((answer) => answer.url().startsWith(`${site.own.origin}/${word}`))
    await victim.evil.evaluate((url) => {
      const form = document.createElement('form')
      Object.assign(form, { action: url, method: 'post' })
      document.body.append(form)
      form.submit()
    }, detour)
    // 302 makes a GET of it: a navigation, which anybody may cause.
    expect((await refused).status()).toBe(status === 302 ? 200 : 403)
    const arrived = await reached(victim, word)
    expect(arrived.map(({ method }) => method)).toEqual(status === 302 ? ['GET'] : [])
  })
}

test('a prefetch by the browser itself is not passed on', async ({ victim, site }) => {
  const word = mark()
  const before = await site.refused()
  await victim.evil.evaluate((url) => {
    const link = document.createElement('link')
    Object.assign(link, { rel: 'prefetch', href: `${url}-link` })
    const rules = document.createElement('script')
    rules.type = 'speculationrules'
    rules.text = JSON.stringify({ prefetch: [{ urls: [`${url}-rules`], eagerness: 'immediate' }], prerender: [{ urls: [`${url}-page`], eagerness: 'immediate' }] })
    document.head.append(link, rules)
  }, `${site.own.origin}/${word}`)
  await expect.poll(site.refused).toBeGreaterThan(before)
  await ask(victim.evil, `${site.own.origin}/after-${word}`, { mode: 'no-cors' })
  expect(await reached(victim, word)).toEqual([])
})
