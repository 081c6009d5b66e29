/** What tests of second factors share: people with factors, and the proofs that changes ask for. */
import assert from 'node:assert/strict'
import { type Authenticator, createAuthenticator } from '../authenticator.ts'
import { codeAt } from '../code-app.ts'
import { claimsOf, type Person, type TokenPair } from '../scenario.ts'
import type { Answer, TestServer } from '../start-server.ts'

export const TOTP = '/api/account/totp'
export const CODES = '/api/account/recovery-codes'
export const PASSKEYS = '/api/account/passkeys'
export const ORIGIN = 'https://auth.example.com'
export const NOWHERE = { address: null, userAgent: null }

export const bearer = ({ access }: { access: string }) => ({ authorization: `Bearer ${access}` })
export const post = (s: TestServer, path: string, body: unknown, who: { access: string }) =>
  s.post(path, body, bearer(who))
export const remove = (s: TestServer, path: string, who: { access: string }) =>
  s.ask({ method: 'DELETE', path, headers: bearer(who) })
export const get = (s: TestServer, path: string, who: { access: string }) => s.get(path, bearer(who))

/** The session of these tokens was proven by these methods just now, as a step-up notes it. */
export async function prove(s: TestServer, { access }: { access: string }, ...amr: string[]): Promise<void> {
  const { sessions, database } = s.service
  const proof = { amr: amr as Parameters<typeof sessions.raise>[2]['amr'], authenticatedAt: s.clock.now() }
  assert.ok(await database.transaction((tx) => sessions.raise(tx, claimsOf(access).sid, proof)))
}

/** Another session of a person, proven by the password alone, as one from before there was a second factor. */
export async function anotherSession(s: TestServer, { id: userId }: Person): Promise<TokenPair> {
  const { sessions, database } = s.service
  const proof = { amr: ['pwd'], authenticatedAt: s.clock.now() } as const
  return sessions.firstTokens(await database.transaction((tx) => sessions.open(tx, userId, { origin: NOWHERE, proof })))
}

export type WithApp = Person & { secret: string; recoveryCodes: string[] }

/** Enrols an app for codes. The code that confirms it counts for the session. */
export async function enrolApp(s: TestServer, person: Person): Promise<WithApp> {
  const { secret } = expectStatus(await post(s, `${TOTP}/enrolment`, {}, person), 201) as { secret: string }
  const answer = await post(s, TOTP, { code: codeAt(secret, s.clock.now()) }, person)
  const { recovery_codes } = expectStatus(answer, 201) as { recovery_codes: string[] }
  return { ...person, secret, recoveryCodes: recovery_codes }
}

export type PasskeyBody = { id: string; credential_id: string; name: string } & Record<string, unknown>
export type WithPasskey = Person & { authenticator: Authenticator; passkey: PasskeyBody }

/** Enrols a passkey. The session is then as strong as one that signed in with it. */
export async function enrolPasskey(
  s: TestServer,
  person: Person,
  authenticator = createAuthenticator(ORIGIN),
): Promise<WithPasskey> {
  const response = authenticator.create(await startPasskey(s, person))
  const passkey = expectStatus(await post(s, PASSKEYS, { response }, person), 201) as PasskeyBody
  await prove(s, person, 'swk', 'user', 'mfa')
  return { ...person, authenticator, passkey }
}

export type CreationOptions = Parameters<Authenticator['create']>[0] & Record<string, unknown>

export async function startPasskey(s: TestServer, who: { access: string }): Promise<CreationOptions> {
  return expectStatus(await post(s, `${PASSKEYS}/enrolment`, {}, who), 201) as CreationOptions
}

export function expectStatus(answer: Answer, status: number): unknown {
  assert.equal(answer.status, status, answer.text)
  return answer.json
}

/** The types of the events about a user so far, those of sessions and sign-ins left out. */
export async function factorEvents({ db }: TestServer, userId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('event')
    .select(['type', 'data'])
    .where('user_id', '=', userId)
    .where('type', 'not like', 'session.%')
    .where('type', 'not like', 'sign-in.%')
    .where('type', 'not like', 'user.%')
    .orderBy('occurred_at')
    .execute()
  return rows.map(({ type, data }) => `${type} ${(JSON.parse(data) as { factor?: string }).factor ?? ''}`.trim()).sort()
}
