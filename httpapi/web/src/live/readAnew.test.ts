import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, test, vi } from 'vitest'
import { readAnew } from './readAnew'

/** A query whose answers are given by hand. */
function asked(client: QueryClient) {
  const answers: ((value: string) => void)[] = []
  const queryFn = () => new Promise<string>((resolve) => answers.push(resolve))
  const observer = new QueryObserver(client, { queryKey: ['instances'], queryFn })
  const stop = observer.subscribe(() => {})
  return { answers, stop, read: () => client.getQueryData(['instances']) }
}

test('a first reading that is under way when the stream opens is followed by another', async () => {
  const client = new QueryClient()
  const { answers, read, stop } = asked(client)
  expect(answers).toHaveLength(1)
  readAnew(client)
  answers[0]?.('before the stream')
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.('since the stream')
  await vi.waitFor(() => expect(read()).toBe('since the stream'))
  stop()
})

test('what has been read is read once more', async () => {
  const client = new QueryClient()
  const { answers, read, stop } = asked(client)
  answers[0]?.('old')
  await vi.waitFor(() => expect(read()).toBe('old'))
  readAnew(client)
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.('new')
  await vi.waitFor(() => expect(read()).toBe('new'))
  expect(answers).toHaveLength(2)
  stop()
})
