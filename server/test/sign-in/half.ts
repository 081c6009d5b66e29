/** Sign-ins that are half done: people with factors, and what the first half answers. */
import assert from 'node:assert/strict'
import { enrolApp, enrolPasskey, type WithApp, type WithPasskey } from '../account/factors.ts'
import { codeAt } from '../code-app.ts'
import { join, PASSWORD, paths } from '../scenario.ts'
import type { Answer, Client, TestServer } from '../start-server.ts'

export const MFA = '/api/accounts/login/mfa/'

export type Half = { mfaToken: string; methods: readonly string[] }

/** A person whose app shows a code that was not used yet. */
export async function withApp(s: TestServer, name = 'ann'): Promise<WithApp> {
  const person = await enrolApp(s, await join(s, name))
  await s.clock.advance(60)
  return person
}

export async function withPasskey(s: TestServer, name = 'ann'): Promise<WithPasskey> {
  return enrolPasskey(s, await join(s, name))
}

export const logIn = (s: Client, { email }: { email: string }, headers = {}): Promise<Answer> =>
  s.post(paths.login, { email, password: PASSWORD }, headers)

/** The password is right, and nothing is opened: 401 with what finishes the sign-in. */
export async function halfSignIn(s: Client, who: { email: string }, headers = {}): Promise<Half> {
  return expectHalf(await logIn(s, who, headers))
}

export function expectHalf(answer: Answer): Half {
  assert.equal(answer.status, 401, answer.text)
  const { detail, code, mfa_token: mfaToken, methods, ...rest } = answer.json as Record<string, unknown>
  assert.deepEqual({ code, rest }, { code: 'mfa_required', rest: {} })
  assert.ok(typeof detail === 'string' && typeof mfaToken === 'string' && Array.isArray(methods))
  assert.match(mfaToken, /^[\w-]{43}$/, '256 bits')
  return { mfaToken, methods }
}

export const finish = (s: Client, { mfaToken }: Half, proof: object, headers = {}): Promise<Answer> =>
  s.post(MFA, { mfa_token: mfaToken, ...proof }, headers)

export const codeNow = (s: TestServer, { secret }: { secret: string }) => codeAt(secret, s.clock.now())
export const wrongCode = (code: string) => code.replace(/./g, (digit) => String((Number(digit) + 1) % 10))

export function expectCoded(answer: Answer, code: 'second_factor_refused' | 'mfa_token_refused'): void {
  const { detail, ...rest } = answer.json as { detail: string }
  assert.deepEqual({ status: answer.status, rest }, { status: 401, rest: { code } }, answer.text)
  assert.ok(detail)
}
