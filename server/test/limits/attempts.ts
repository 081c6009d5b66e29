/** Steps of the tests of limits: servers on which limits are on, and attempts from somewhere. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { DatabaseKind } from '../databases.ts'
import { expectJson, PASSWORD, paths } from '../scenario.ts'
import { type Answer, type Client, startServer, type TestServer } from '../start-server.ts'

/** The numbers of docs/how-to/limits.md. */
export const FREE_PER_ACCOUNT = 30
export const FREE_PER_PAIR = 10
export const FAILURES_PER_ADDRESS = 100
export const SIGN_UPS_PER_ACCOUNT = 20
export const SIGN_UPS_PER_ADDRESS = 100

type Environment = Readonly<Record<string, string>>

/** As SamurAI runs it: everybody comes through one private address. */
export function startBehindGateway(
  t: TestContext,
  kind: DatabaseKind = 'sqlite',
  environment: Environment = {},
): Promise<TestServer> {
  return startServer(t, { kind, environment: { LIMITS: 'on', HASH_QUEUE: '1000', ...environment } })
}

/** Behind a proxy that names its clients: the test says where each request comes from. */
export function startBehindProxy(
  t: TestContext,
  kind: DatabaseKind = 'sqlite',
  environment: Environment = {},
): Promise<TestServer> {
  return startBehindGateway(t, kind, { TRUST_PROXY: '127.0.0.1', ...environment })
}

export type From = { address?: string; cookie?: string; headers?: Readonly<Record<string, string>> }

export function headersOf({ address, cookie, headers }: From): Record<string, string> {
  return { ...(address && { 'x-forwarded-for': address }), ...(cookie && { cookie }), ...headers }
}

/** One wrong password. */
export function guess(s: Client, email: string, from: From = {}): Promise<Answer> {
  return s.post(paths.login, { email, password: 'a wrong password' }, headersOf(from))
}

export function logIn(s: Client, email: string, from: From = {}): Promise<Answer> {
  return s.post(paths.login, { email, password: PASSWORD }, headersOf(from))
}

export function signUp(s: Client, email: string, from: From = {}): Promise<Answer> {
  return s.post(paths.register, { email, password: PASSWORD }, headersOf(from))
}

/** Guesses so often that the next one must wait. */
export async function guessUp(s: Client, email: string, times: number, from: From = {}): Promise<void> {
  for (let turn = 0; turn < times; turn++) assert.equal((await guess(s, email, from)).status, 401, `guess ${turn + 1}`)
}

/** 429 in the words that the old service's clients know. */
export function expectThrottled(answer: Answer, seconds: number): void {
  expectJson(answer, 429, {
    detail: `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`,
  })
  assert.equal(answer.headers['retry-after'], String(seconds))
}

/** So many guesses, each at an account of its own, at once. */
export async function guessAtMany(s: Client, count: number, from: From = {}): Promise<Record<number, number>> {
  const guesses = Array.from({ length: count }, (_, turn) => guess(s, `stranger${turn}@example.com`, from))
  return statusesOf(await Promise.all(guesses))
}

export const statusesOf = (answers: readonly Answer[]) => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
