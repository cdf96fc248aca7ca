import type { Page } from '@playwright/test'
import { endAll, expect, test, type Emulated, type Fault } from './emulated'
import { expectAccessible, makeEnvironment } from './site'

/** Launches an environment and opens the page that waits for it. */
async function launched(site: Emulated, name: string, config: object): Promise<{ path: string; name: string }> {
  const { id } = await makeEnvironment(site.admin, name, { memory_limit: '64m', ...config })
  const answer = await site.admin.post('/api/v1/instances', { data: { blueprint_id: id } })
  expect(answer.status(), await answer.text()).toBe(202)
  const instance = (await answer.json()) as { id: string; name: string }
  return { path: `/launches/${instance.id}`, name: instance.name }
}

const favicon = (page: Page) => page.locator('link[rel="icon"]')

/** Below a question of the report ("What happened") is its answer. */
const answerTo = (page: Page, question: string) => page.getByText(question, { exact: true }).locator('xpath=following-sibling::*')

interface Story {
  why: string
  config?: object
  /** What befalls the engine while it launches. */
  fault?: Fault
  /** The engine loses its images first, so that one has to be sent. */
  emptied?: boolean
  code: string
  happened: RegExp
  todo: RegExp
  who: RegExp
  /** What the lines that are open by themselves say. */
  lines: RegExp
}

const stories: Story[] = [
  {
    why: 'whose image is gone from the host', code: 'IMAGE_MISSING',
    fault: { match: 'POST /containers/create', status: 404, message: 'No such image: sha256:0123' },
    happened: /image .* is not on the host.*No such image/, todo: /the image is sent to the host first/, who: /^You first: try again/, lines: /creating/,
  },
  {
    why: 'whose image cannot be brought to the host', code: 'IMAGE_PUSH_FAILED', emptied: true,
    fault: { match: 'POST /images/load', status: 400, message: 'archive/tar: invalid tar header' },
    happened: /could not be brought to the notebook host.*invalid tar header/, todo: /an administrator should look at the Images list/, who: /^You first: try again/, lines: /image/,
  },
  {
    why: 'which the engine refuses', code: 'CONTAINER_CREATE_FAILED',
    fault: { match: 'POST /containers/create', status: 400, message: 'invalid CPU quota' },
    happened: /The engine refused to make the container.*invalid CPU quota/, todo: /^An administrator corrects the environment/, who: /^An administrator\./, lines: /creating/,
  },
  {
    why: 'whose program ends at once', code: 'CONTAINER_EXITED_AT_START', config: { launch_command: 'no-such-subcommand' },
    happened: /ended with exit code [1-9]/, todo: /an administrator should check the environment's image, launch command/, who: /^An administrator\./, lines: /no-such-subcommand/,
  },
  {
    why: 'whose port never answers', code: 'NOTEBOOK_NOT_ANSWERING', config: { internal_port: 9 },
    happened: /did not answer HTTP on port 9 within 2 seconds/, todo: /internal_port/, who: /^You first: try again/, lines: /\S/,
  },
] // prettier-ignore

for (const { why, config = {}, fault, emptied, code, happened, todo, who, lines } of stories) {
  test(`a launch ${why} says what happened, what to do and who must act, and is tried again in the same tab`, async ({ engine, open }) => {
    if (emptied) await loseImages(engine)
    if (fault) await engine.faults.ask(fault)
    const environment = `Fails as ${code}`
    const { path, name } = await launched(engine, environment, config)
    const page = await open(engine, path)
    await expect(page.getByRole('heading', { level: 1, name: `${environment} could not be launched` })).toBeVisible()
    await expect(page).toHaveTitle(/^Launch failed/)
    await expect(favicon(page)).toHaveAttribute('href', '/favicon-failed.svg')
    await expect(answerTo(page, 'What happened')).toHaveText(happened)
    await expect(answerTo(page, 'What you can do')).toHaveText(todo)
    await expect(answerTo(page, 'Who must act')).toHaveText(who)
    await expect(page.getByText(`Reference: ${name}, ${code}`)).toBeVisible()
    await expect(page.locator('details[open] pre').first(), 'the last lines are open').toHaveText(lines)
    await expectAccessible(page)

    // What failed for the engine's sake goes well the second time.
    await engine.faults.clear()
    await page.getByRole('button', { name: 'Launch again' }).press('Enter')
    if (fault) {
      await expect(page, 'it goes on to the notebook').toHaveTitle('Demo notebook')
    } else {
      await expect(page).not.toHaveURL(new RegExp(`${path}$`))
      await expect(page.getByRole('heading', { level: 1, name: new RegExp(environment) }), 'the same once more').toBeVisible()
      await expect(page.getByText(name), 'and it is another launch').toHaveCount(0)
    }
    await endAll(engine)
  })
}

/** No image is on the engine any more, as after somebody's docker image prune. */
async function loseImages({ faults }: Emulated): Promise<void> {
  const images = (await (await faults.api.get('/images/json')).json()) as { Id: string }[]
  expect(images.length).toBeGreaterThan(0)
  for (const { Id } of images) {
    expect((await faults.api.delete(`/images/${Id}?force=1`)).status()).toBe(200)
  }
}

test('a launch for which the cloud has no room waits, says so, and goes on when there is room', async ({ fullCloud, open }) => {
  const { path } = await launched(fullCloud, 'Crowded', {})
  const page = await open(fullCloud, path)
  const step = page.getByRole('list', { name: 'Steps of the launch' }).getByRole('listitem').filter({ hasText: 'Waiting for a place' })
  await expect(step).toContainText('Position 1 in the queue: all slots are taken, and no notebook host can be made at the moment')
  await expect(page).toHaveTitle(/^Launching/)
  await expect(favicon(page)).toHaveAttribute('href', '/favicon-waiting.svg')
  await expect(page.getByRole('button', { name: 'Cancel launch' })).toHaveAccessibleDescription(/Nothing is lost/)
  await page.getByText('Log of the launch').click()
  await expect(page.getByRole('log', { name: /^Log of the launch/ })).toContainText('queueing')
  await expectAccessible(page)
  const pool = await open(fullCloud, '/pool')
  await expect(pool.getByRole('alert').filter({ hasText: 'No hosts are made' }), 'the administrator is told why').toContainText('Quota exceeded for cores')

  await fullCloud.faults.clear()
  // What the cloud is asked for changes, so that it is asked at once.
  expect((await fullCloud.admin.put('/api/v1/variables/DD_HOST_DATA_VOLUME_FACTOR', { data: { value: '1' } })).status()).toBe(200)
  await expect(page, 'the open page goes on by itself').toHaveTitle('Demo notebook', { timeout: 60_000 })
})
