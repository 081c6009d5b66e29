/** A server in test mode, and what tests of applications ask it. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { TokenPair } from '../scenario.ts'
import { type Answer, type Client, startServer, type TestServer, type TestServerOptions } from '../start-server.ts'

export const LOCAL = { TEST_MODE: '1', PUBLIC_URL: 'http://localhost:8000' }

/** With an external database it has to be told twice. */
export function startTestMode(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
  const twice = (options.kind ?? 'sqlite') === 'sqlite' ? {} : { TEST_MODE_ANYWHERE: '1' }
  return startServer(t, { ...options, environment: { ...LOCAL, ...twice, ...options.environment } })
}

export type Mail = {
  id: string
  message: string
  to: string
  code: string | null
  link: string | null
  token: string | null
  text: string
  created_at: string
}
export type Seeded = { id: number; email: string; recovery_codes?: string[] } & Partial<TokenPair>

export async function seed(s: Client, fields: { email: string } & Record<string, unknown>): Promise<Seeded> {
  return expectStatus(await s.post('/test/users', { password: 'three red apples', ...fields }), 201) as Seeded
}

/** Moves the clock. @returns what it says then, in milliseconds since the epoch */
export async function advance(s: Client, seconds: number): Promise<number> {
  const answer = await s.post('/test/clock', { advance_seconds: seconds })
  return Date.parse((expectStatus(answer, 200) as { now: string }).now)
}

export async function mails(s: Client, query = ''): Promise<Mail[]> {
  return (expectStatus(await s.get(`/test/mail${query}`), 200) as { mails: Mail[] }).mails
}

export function expectStatus(answer: Answer, status: number): unknown {
  assert.equal(answer.status, status, answer.text)
  return answer.json
}
