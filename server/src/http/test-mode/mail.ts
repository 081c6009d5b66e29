import type { FastifyInstance } from 'fastify'
import type { CapturedMail, TestMode } from '../../features/test-mode/test-mode.ts'
import { refused } from '../../platform/refusal.ts'
import * as reference from './reference.ts'

const MOST_WAIT_SECONDS = 60

type Query = { to?: unknown; message?: unknown; wait?: unknown }
type Deps = { testMode: TestMode; onDrain: (listener: () => void) => void }

export function registerMail(app: FastifyInstance, { testMode, onDrain }: Deps): void {
  const draining = new AbortController()
  onDrain(() => draining.abort()) // whoever waits is answered, and keeps nobody from ending

  const config = { limit: 'test-mode', reference: reference.readMails } as const
  app.get<{ Querystring: Query }>('/test/mail', { config }, async ({ query }) => {
    const seconds = secondsOf(query.wait)
    const signal = seconds > 0 ? AbortSignal.any([draining.signal, AbortSignal.timeout(seconds * 1000)]) : undefined
    const mails = await testMode.mails(readQuery(query), signal)
    return { mails: mails.map(toBody) }
  })
  const removal = { limit: 'test-mode', reference: reference.removeMails } as const
  app.delete<{ Querystring: Query }>('/test/mail', { config: removal }, async ({ query }) => {
    return { removed: await testMode.removeMails(readQuery(query)) }
  })
}

function readQuery({ to, message }: Query) {
  return { to: textOf('to', to), message: textOf('message', message) }
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw refused('malformed-request', { reasons: [`${name} must be given once`] })
}

/** Of the machine's time, which no test moves. */
function secondsOf(value: unknown): number {
  if (value === undefined) return 0
  const seconds = typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : Number.NaN
  if (seconds <= MOST_WAIT_SECONDS) return seconds
  throw refused('malformed-request', { reasons: [`wait must be a whole number from 0 to ${MOST_WAIT_SECONDS}`] })
}

function toBody({ id, message, to, language, subject, text, html, createdAt, code, link, token }: CapturedMail) {
  const body = { id, message, to, language, subject, text, html, created_at: new Date(createdAt).toISOString() }
  return { ...body, code, link, token }
}
