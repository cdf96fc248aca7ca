import { expect, mark, seenBy, test } from './attacksite'

test('the scene: one browser is in both notebooks and in the UI', async ({ victim, site }) => {
  const word = mark()
  expect(await victim.own.evaluate(async (path) => (await fetch(path, { method: 'POST' })).status, `/${word}`)).toBe(200)
  expect((await seenBy(victim.own)).map(({ uri }) => uri)).toContain(`/${word}`)
  expect(new URL(victim.evil.url()).origin).toBe(site.hostile.origin)
})
