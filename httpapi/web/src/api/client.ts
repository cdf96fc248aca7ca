import createClient from 'openapi-fetch'
import { t } from '../i18n'
import { learnServerTime } from '../time/clock'
import type { Problem } from './model'
import type { paths } from './schema'

/** A refusal of the server, or its silence, in words for the reader. */
export class Refusal extends Error {
  override readonly name = 'Refusal'

  /** status is 0 when the server was not reached. */
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> & { detail: string },
  ) {
    super(problem.detail)
  }

  get code(): string {
    return this.problem.code ?? ''
  }

  /** The language of its words where they are the server's own. */
  get lang(): 'en' | undefined {
    return this.problem.code ? 'en' : undefined
  }

  get hint(): string {
    return this.problem.hint ?? ''
  }
}

export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' })

api.use({
  onResponse({ response }) {
    learnServerTime(response.headers.get('Date'), Date.now())
  },
})

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Awaits an answer of the API; everything but success is thrown as a Refusal. */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await asked
  } catch {
    throw new Refusal(0, { detail: t.problem.offline, hint: t.problem.offlineHint })
  }
  if (answer.response.ok) return answer.data as T
  const { status } = answer.response
  const problem = answer.error as Partial<Problem> | undefined
  if (!problem?.detail) throw new Refusal(status, { detail: t.problem.unreadable(status) })
  throw new Refusal(status, { ...problem, detail: problem.detail })
}

/** If-Match for a version that was read; none for a thing that was never written. */
export const ifMatch = (version: number): Record<string, string> => (version > 0 ? { 'If-Match': `"${version}"` } : {})
