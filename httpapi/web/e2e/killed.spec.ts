import { readFileSync } from 'node:fs'
import { environmentCard, expect, instanceCard, test } from './site'

const pidFile = process.env['DOCKERDRIVER_PID_FILE'] ?? ''

test('a server that is killed under an open page is told, and the page goes on where it was when it is back', async ({ page, backstage }) => {
  test.skip(!pidFile, 'nobody would start the server again')
  await backstage.environment('Before')
  await backstage.environment('After')
  await page.goto('/')
  await environmentCard(page, 'Before').getByRole('button', { name: 'Launch new' }).click()
  const before = instanceCard(page, 'Before')
  await expect(before).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
  const name = await before.getAttribute('aria-label')
  const loads: string[] = []
  page.on('load', () => loads.push(page.url()))

  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
  const notice = page.getByText('What you see may be old')
  await expect(notice).toBeVisible({ timeout: 10_000 })
  await expect(environmentCard(page, 'After').getByRole('button', { name: 'Launch new' })).toBeDisabled()
  await expect(environmentCard(page, 'After')).toContainText('the server does not answer')
  await expect(notice).toBeHidden({ timeout: 60_000 })

  await environmentCard(page, 'After').getByRole('button', { name: 'Launch new' }).click()
  await expect(instanceCard(page, 'After')).toHaveAttribute('data-state', 'running', { timeout: 60_000 })
  await expect(before, 'the notebook of before').toHaveAttribute('aria-label', name ?? '')
  // Emulated machines live in the server's own process, and are lost with it.
  const { cloud } = (await (await page.request.get('/api/v1/pool')).json()) as { cloud: string }
  await expect(before).toHaveAttribute('data-state', cloud === 'emulator' ? 'lost' : 'running')
  expect(loads, 'nothing was loaded anew').toEqual([])
})
