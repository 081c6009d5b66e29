/** Steps and judgements that many tests share: people, tokens, rows, and what an answer must and must not hold. */
import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { RefusalCode } from '../../contract/problems.ts'
import type { Answer, Client, Question, TestServer } from './start-server.ts'

export const paths = {
  register: '/api/accounts/register/',
  login: '/api/accounts/login/',
  logout: '/api/accounts/logout/',
  refresh: '/api/accounts/token/refresh/',
  verify: '/api/accounts/token/verify/',
}
export type Endpoint = keyof typeof paths
export const endpoints = Object.keys(paths) as Endpoint[]

export const PASSWORD = 'correct horse battery'

export type TokenPair = { access: string; refresh: string }
export type Person = { id: number; email: string; password: string } & TokenPair
export type Claims = Record<string, unknown> & { user_id: number; exp: number; iat: number; jti: string; sid: string }

/** One row of a table of cases: what is sent, and the whole of what must come back. */
export type Scenario = readonly [
  title: string,
  body: unknown,
  status: number,
  json: unknown,
  headers?: Question['headers'],
]

/** Plays each scenario as a test of its own. */
export async function play(t: TestContext, s: Client, path: string, scenarios: readonly Scenario[]): Promise<void> {
  for (const [title, body, status, json, headers] of scenarios) {
    await t.test(title, async () => expectJson(await s.post(path, body, headers), status, json))
  }
}

/** Registers a person and signs in. */
export async function join(s: Client, name: string): Promise<Person> {
  const { email, password } = await register(s, { email: `${name}@example.com` })
  const tokens = await signIn(s, email, password)
  return { id: claimsOf(tokens.access).user_id, email, password, ...tokens }
}

export async function register<T extends { email: string; password?: string }>(
  s: Client,
  fields: T,
): Promise<T & { password: string }> {
  const { email, password = PASSWORD, ...rest } = fields
  const answer = await s.post(paths.register, { email, password, ...rest })
  assert.equal(answer.status, 201, answer.text)
  return { ...fields, password }
}

export async function signIn(s: Client, email: string, password = PASSWORD): Promise<TokenPair> {
  return expectTokens(await s.post(paths.login, { email, password }))
}

export async function refresh(s: Client, refreshToken: string): Promise<TokenPair> {
  return expectTokens(await s.post(paths.refresh, { refresh: refreshToken }))
}

export async function logOut(s: Client, refreshToken: string): Promise<void> {
  expectJson(await s.post(paths.logout, { refresh: refreshToken }), 200, {})
}

/** Whether the token is good now; any other refusal than that of a bad token is a failure. */
export async function isGood(s: Client, token: string): Promise<boolean> {
  const answer = await s.post(paths.verify, { token })
  assert.ok(answer.status === 200 || answer.status === 401, `${answer.status} ${answer.text}`)
  if (answer.status === 200) expectJson(answer, 200, {})
  return answer.status === 200
}

/** 200 with an access and a refresh token and nothing else. */
export function expectTokens(answer: Answer): TokenPair {
  assert.equal(answer.status, 200, answer.text)
  const pair = answer.json as TokenPair
  assert.deepEqual(Object.keys(pair).sort(), ['access', 'refresh'])
  assert.equal(claimsOf(pair.access).token_type, 'access')
  assert.equal(claimsOf(pair.refresh).token_type, 'refresh')
  expectHeaders(answer, 'application/json; charset=utf-8')
  return pair
}

/** Exactly this status and this body, with the headers of every answer. */
export function expectJson(answer: Answer, status: number, json: unknown): void {
  assert.deepEqual({ status: answer.status, json: answer.json }, { status, json })
  expectHeaders(answer, 'application/json; charset=utf-8')
}

/** 401 in the words of the old service, with the challenge that RFC 9110 §15.5.2 asks for. */
export function expectTokenRefused(answer: Answer, detail = 'Token is invalid or expired'): void {
  expectJson(answer, 401, { detail, code: 'token_not_valid' })
  assert.equal(answer.headers['www-authenticate'], 'Bearer realm="api"')
}

export function expectWrongCredentials(answer: Answer): void {
  expectJson(answer, 401, { detail: 'Invalid credentials' })
  assert.equal(answer.headers['www-authenticate'], undefined)
}

/** Problem details (RFC 9457) with this code. */
export function expectProblem(answer: Answer, status: number, code: RefusalCode): void {
  const problem = answer.json as Record<string, unknown>
  assert.deepEqual({ status: answer.status, code: problem?.code }, { status, code }, answer.text)
  expectHeaders(answer, 'application/problem+json; charset=utf-8')
  assert.equal(problem.status, status)
  assert.equal(problem.type, `/docs/problems#${code}`)
  assert.equal(problem.instance, `urn:request:${answer.headers['x-request-id']}`)
  assert.ok(problem.title && problem.detail)
}

function expectHeaders({ headers }: Answer, contentType: string): void {
  assert.equal(headers['content-type'], contentType)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(headers['x-request-id'] as string, /^[0-9a-f]{12}-[0-9a-z]+$/)
  for (const name of ['set-cookie', 'server', 'x-powered-by']) assert.equal(headers[name], undefined)
}

export function claimsOf(token: string): Claims {
  return partOf(token, 1) as Claims
}

export function headerOf(token: string): Record<string, unknown> {
  return partOf(token, 0)
}

function partOf(token: string, place: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[place] ?? '', 'base64url').toString())
}

export type RowCounts = { user: number; password: number; session: number; revocation: number }

/** How many rows each table that grows has. */
export async function countRows({ db }: TestServer): Promise<RowCounts> {
  const count = async (table: keyof RowCounts) => {
    const row = await db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll().as('rows'))
      .executeTakeFirstOrThrow()
    return Number(row.rows)
  }
  return {
    user: await count('user'),
    password: await count('password'),
    session: await count('session'),
    revocation: await count('revocation'),
  }
}

/** Gives a user a hash as an import from Django leaves it; no request can. */
export async function storeHash({ db }: TestServer, userId: number, hash: string): Promise<void> {
  const scheme = hash.startsWith('!') ? 'unusable' : hash.split('$').slice(0, 2).join('$')
  await db.updateTable('password').set({ hash, scheme }).where('user_id', '=', userId).execute()
}

export async function storedHash({ db }: TestServer, userId: number): Promise<string> {
  const row = await db.selectFrom('password').select('hash').where('user_id', '=', userId).executeTakeFirstOrThrow()
  return row.hash
}

/** As Django's PBKDF2PasswordHasher encodes it. */
export function djangoHash(password: string, iterations = 1000, salt = 'sAltOf22Characters0123'): string {
  const digest = pbkdf2Sync(password, salt, iterations, 32, 'sha256').toString('base64')
  return `pbkdf2_sha256$${iterations}$${salt}$${digest}`
}
