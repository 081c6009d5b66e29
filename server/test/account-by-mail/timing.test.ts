/**
 * How long an answer takes tells nobody whether an address is known (CVE-2026-26185, CVE-2024-41952): every route that reads an
 * address of somebody who is not signed in, or an address that is not the caller's. Nor does it tell whether somebody was sent a
 * code there.
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { bearer, NOWHERE } from '../account/factors.ts'
import { type DatabaseKind, databases } from '../databases.ts'
import { expectSameTime, FEW, turnsOf } from '../same-time.ts'
import { PASSWORD, paths, register, signIn } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { logIn } from './mail.ts'

const WRONG_PASSWORD = 'a wrong password'
const OWN_PASSWORD = 'four green pears'
const PRIVATE = { REGISTRATION: 'private' }
const PASSWORDLESS = { PASSWORDLESS: 'on' }

type Pair = { known: string; unknown: string }

type Question = {
  title: string
  ask: (s: TestServer, address: string, headers: { authorization: string }) => Promise<Answer>
  status: number
}

/** Questions about the same addresses. */
type Group = {
  title: string
  environment: Record<string, string>
  /** What was asked before anything is timed. */
  prepare?: (s: TestServer, pair: Pair) => Promise<unknown>
  questions: readonly Question[]
}

const verifyWith = (password: string) => (s: TestServer, email: string) =>
  s.post('/api/email/verify', { email, code: 'wrong!', password })
const reset = (s: TestServer, email: string) =>
  s.post('/api/password/reset', { email, code: 'wrong!', password: OWN_PASSWORD })
const finishByCode = (s: TestServer, email: string) => s.post('/api/login/code/finish', { email, code: 'wrong!' })
const verify = (s: TestServer, email: string) => s.post('/api/email/verify', { email, code: 'wrong!' })
const undo = (s: TestServer, email: string) => s.post('/api/deletion/undo', { email, code: 'wrong!' })

const newPassword: Question = {
  title: 'a new password',
  ask: (s, email) => s.post('/api/password/forgot', { email }),
  status: 202,
}
const signInCode: Question = {
  title: 'a code to sign in with',
  ask: (s, email) => s.post('/api/login/code', { email }),
  status: 202,
}
const registering: Question = {
  title: 'registering it',
  ask: (s, email) => s.post(paths.register, { email, password: OWN_PASSWORD }),
  status: 201,
}

const groups: readonly Group[] = [
  {
    title: "of which one is somebody's",
    environment: PASSWORDLESS,
    questions: [
      newPassword,
      signInCode,
      {
        title: 'to have it',
        ask: (s, email, headers) => s.post('/api/account/email', { email }, headers),
        status: 202,
      },
      { title: 'a wrong password', ask: (s, email) => logIn(s, email, WRONG_PASSWORD), status: 401 },
      { title: 'the right password beside a wrong code', ask: verifyWith(PASSWORD), status: 422 },
    ],
  },
  {
    title: "of which one is somebody's, and codes were asked for",
    environment: PASSWORDLESS,
    prepare: askForBoth,
    questions: [
      { title: 'a wrong code for a new password', ask: reset, status: 422 },
      { title: 'a wrong code to sign in with', ask: finishByCode, status: 422 },
    ],
  },
  {
    title: "of which one is somebody's who is disabled",
    environment: PASSWORDLESS,
    prepare: (s, { known }) => change(s, known, { disabled_at: s.clock.now(), sessions_ended_at: s.clock.now() }),
    questions: [newPassword, signInCode],
  },
  {
    title: 'of which one was sent codes',
    environment: PASSWORDLESS,
    prepare: sendToKnown,
    questions: [
      { title: 'a wrong code for a new password', ask: reset, status: 422 },
      { title: 'a wrong code to sign in with', ask: finishByCode, status: 422 },
      { title: 'a wrong code for the address', ask: verify, status: 422 },
      { title: 'a wrong code to keep the account', ask: undo, status: 422 },
    ],
  },
  {
    title: 'of which one is taken, in private',
    environment: PRIVATE,
    questions: [registering],
  },
  {
    title: 'of which one was registered in private, and waits to be proved',
    environment: PRIVATE,
    prepare: (s, { known }) => change(s, known, { awaits_proof_since: s.clock.now(), email_verified_at: null }),
    questions: [registering],
  },
  {
    title: 'which somebody registered in private, and of which one was taken',
    environment: { ...PRIVATE, LIMITS: 'on', LIMITS_GLOBAL_PER_MINUTE: '1000000' }, // as a right password is counted
    prepare: registerBoth,
    questions: [
      { title: 'signing in with that password', ask: (s, email) => logIn(s, email, OWN_PASSWORD), status: 401 },
      { title: 'that password beside a wrong code', ask: verifyWith(OWN_PASSWORD), status: 422 },
      { title: 'a wrong code', ask: verify, status: 422 },
    ],
  },
]

async function askForBoth(s: TestServer, { known, unknown }: Pair): Promise<void> {
  for (const path of ['/api/password/forgot', '/api/login/code'])
    for (const email of [known, unknown]) assert.equal((await s.post(path, { email })).status, 202)
}

/** Codes for all that there are codes for; and the account is going to be deleted. */
async function sendToKnown(s: TestServer, { known }: Pair): Promise<void> {
  const { database, email, lifecycle } = s.service
  const { id: userId } = await s.db.selectFrom('user').select('id').where('email', '=', known).executeTakeFirstOrThrow()
  await database.transaction(async (tx) => {
    for (const purpose of ['recover-password', 'sign-in', 'verify-address'] as const)
      await email.sendCode(tx, { purpose, userId, address: known, locale: null, state: '', origin: NOWHERE })
  })
  const visitor = { address: null, isPeer: true, deviceId: undefined }
  await lifecycle.requestDeletion({ userId, sessionId: undefined, origin: NOWHERE, visitor })
}

async function change({ db }: TestServer, email: string, columns: Record<string, number | null>): Promise<void> {
  await db.updateTable('user').set(columns).where('email', '=', email).execute()
}

async function registerBoth(s: TestServer, { known, unknown }: Pair): Promise<void> {
  for (const email of [known, unknown]) await register(s, { email, password: OWN_PASSWORD })
}

// PostgreSQL is asked the same statements as MariaDB, one for one: fewer will do.
for (const { kind, name } of databases()) {
  describe(`two addresses take the same time (${name}),`, () => {
    for (const group of groups) it(group.title, (t) => compare(t, kind, group))
  })
}

async function compare(t: TestContext, kind: DatabaseKind, group: Group): Promise<void> {
  const { environment, prepare, questions } = group
  const number = kind === 'postgres' ? FEW : undefined
  const s = await startServer(t, { kind, environment })
  const caller = bearer(await joinProved(s, 'caller'))
  const begin = async (round: string): Promise<readonly Pair[]> => {
    const pairs = await makePairs(s, round, turnsOf(number))
    for (const pair of pairs) await prepare?.(s, pair)
    return pairs
  }
  const first = await begin('first')
  for (const [index, { title, ask, status }] of questions.entries())
    await t.test(title, (t) =>
      expectSameTime(
        t,
        status,
        async (round) => {
          const pairs = round === 'first' ? first : await begin(`again${index}`)
          const askFor = (side: keyof Pair) => (turn: number) => ask(s, pairs[turn]?.[side] as string, caller)
          return { 'the unknown one': askFor('unknown'), 'the known one': askFor('known') }
        },
        number,
      ),
    )
}

async function makePairs(s: TestServer, round: string, length: number): Promise<Pair[]> {
  const pairs = Array.from({ length }, (_, turn) => {
    return { known: `known${turn}.${round}@example.com`, unknown: `other${turn}.${round}@example.com` }
  })
  await makePeople(
    s,
    pairs.map(({ known }) => known),
  )
  return pairs
}

/** People who have proved their addresses, and have the password of the caller: registering each takes longer than all else. */
async function makePeople(s: TestServer, emails: readonly string[]): Promise<void> {
  const { user_id: _, ...password } = await s.db.selectFrom('password').selectAll().executeTakeFirstOrThrow()
  const now = s.clock.now()
  const names = { first_name: '', last_name: '', locale: null, created_at: now, email_verified_at: now }
  const times = { last_login_at: null, disabled_at: null, sessions_ended_at: null }
  const users = emails.map((email) => ({ email, email_key: email, ...names, ...times }))
  await s.db.insertInto('user').values(users).execute()
  const made = await s.db.selectFrom('user').select('id').where('email', 'in', emails).execute()
  const passwords = made.map(({ id }) => ({ user_id: id, ...password }))
  await s.db.insertInto('password').values(passwords).execute()
  const origin = { address: '127.0.0.1', userAgent: null }
  await s.service.database.transaction(async (tx) => {
    for (const { id } of made) {
      const actor = { kind: 'user', id } as const
      await s.service.events.append(tx, { type: 'user.registered', userId: id, actor, origin })
    }
  })
}

async function joinProved(s: TestServer, name: string) {
  const email = `${name}@example.com`
  await register(s, { email })
  await s.db.updateTable('user').set({ awaits_proof_since: null, email_verified_at: s.clock.now() }).execute()
  return signIn(s, email)
}
