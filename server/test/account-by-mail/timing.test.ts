/**
 * How long an answer takes tells nobody whether an address is known (CVE-2026-26185, CVE-2024-41952): every route that reads an
 * address of somebody who is not signed in, or an address that is not the caller's. Known and unknown ones take turns, so that
 * whatever else the machine does falls on both.
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { bearer } from '../account/factors.ts'
import { type DatabaseKind, databases } from '../databases.ts'
import { paths, register, signIn } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'

const PAIRS = 200
const WARM_UP = 20
const PASSWORD = 'a wrong password'

type Branch = {
  title: string
  environment?: Record<string, string>
  /** What was asked before anything is timed, of both. */
  prepare?: (s: TestServer, pair: Pair) => Promise<unknown>
  ask: (s: TestServer, address: string, headers: { authorization: string }) => Promise<Answer>
  status: number
}

type Pair = { known: string; unknown: string }

const askForCode =
  (path: string) =>
  async (s: TestServer, { known, unknown }: Pair) => {
    for (const email of [known, unknown]) assert.equal((await s.post(path, { email })).status, 202)
  }

async function registerBoth(s: TestServer, { known, unknown }: Pair): Promise<void> {
  for (const email of [known, unknown]) await register(s, { email })
}

const branches: readonly Branch[] = [
  {
    title: 'asking for a new password',
    ask: (s, email) => s.post('/api/password/forgot', { email }),
    status: 202,
  },
  {
    title: 'asking for a code to sign in with',
    environment: { PASSWORDLESS: 'on' },
    ask: (s, email) => s.post('/api/login/code', { email }),
    status: 202,
  },
  {
    title: 'asking for another address, which is taken or free',
    ask: (s, email, headers) => s.post('/api/account/email', { email }, headers),
    status: 202,
  },
  {
    title: 'registering in private, with an address that is taken or free',
    environment: { REGISTRATION: 'private' },
    ask: (s, email) => s.post(paths.register, { email, password: 'four green pears' }),
    status: 201,
  },
  {
    title: 'a wrong code for a new password, where one was asked for',
    prepare: askForCode('/api/password/forgot'),
    ask: (s, email) => s.post('/api/password/reset', { email, code: 'wrong!', password: 'four green pears' }),
    status: 422,
  },
  {
    title: 'a wrong code to sign in with, where one was asked for',
    environment: { PASSWORDLESS: 'on' },
    prepare: askForCode('/api/login/code'),
    ask: (s, email) => s.post('/api/login/code/finish', { email, code: 'wrong!' }),
    status: 422,
  },
  {
    title: 'a wrong code for an address, where it was registered in private',
    environment: { REGISTRATION: 'private' },
    prepare: registerBoth,
    ask: (s, email) => s.post('/api/email/verify', { email, code: 'wrong!' }),
    status: 422,
  },
  {
    title: 'a wrong password beside a code for an address',
    ask: (s, email) => s.post('/api/email/verify', { email, code: 'wrong!', password: PASSWORD }),
    status: 422,
  },
  {
    title: 'a wrong password',
    ask: (s, email) => s.post(paths.login, { email, password: PASSWORD }),
    status: 401,
  },
]

for (const { kind, name } of databases()) {
  describe(`known and unknown addresses take the same time (${name}):`, () => {
    for (const branch of branches) it(branch.title, (t) => compare(t, kind, branch))
  })
}

/** Apart is what is so twice: once may be the neighbours of a busy machine. */
async function compare(t: TestContext, kind: DatabaseKind, branch: Branch): Promise<void> {
  const s = await startServer(t, { kind, environment: branch.environment ?? {} })
  const caller = bearer(await joinProved(s, 'caller'))
  for (const round of ['first', 'second']) {
    const { known, apart } = await measure(s, branch, { caller, pairs: await makePairs(s, round) })
    t.diagnostic(`median of ${PAIRS}: ${known.toFixed(2)} ms; a known one takes ${apart.toFixed(3)} ms longer`)
    const most = 0.04 * known + 0.15 // an insert more or less is 0.3 ms and more on any of the databases
    if (Math.abs(apart) < most) return
    assert.equal(round, 'first', `${apart} ms apart, more than ${most}`)
  }
}

/** @returns medians: of known ones, and of what they take longer than the unknown one of their pair (milliseconds) */
async function measure(
  s: TestServer,
  { prepare, ask, status }: Branch,
  { caller, pairs }: { caller: { authorization: string }; pairs: readonly Pair[] },
): Promise<{ known: number; apart: number }> {
  for (const pair of pairs) await prepare?.(s, pair)
  const known: number[] = []
  const apart: number[] = []
  for (const [turn, pair] of pairs.entries()) {
    const times = { known: 0, unknown: 0 }
    for (const side of turn % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
      const answer = await ask(s, pair[side], caller)
      assert.equal(answer.status, status, answer.text)
      times[side] = answer.milliseconds
    }
    if (turn < WARM_UP) continue
    known.push(times.known)
    apart.push(times.known - times.unknown)
  }
  return { known: medianOf(known), apart: medianOf(apart) }
}

async function makePairs(s: TestServer, round: string): Promise<Pair[]> {
  const pairs = Array.from({ length: PAIRS + WARM_UP }, (_, turn) => {
    return { known: `known${turn}.${round}@example.com`, unknown: `other${turn}.${round}@example.com` }
  })
  for (const { known } of pairs) await register(s, { email: known })
  await proveAll(s)
  return pairs
}

async function joinProved(s: TestServer, name: string) {
  await register(s, { email: `${name}@example.com` })
  await proveAll(s)
  return signIn(s, `${name}@example.com`)
}

/** As if everybody had proved the address. */
async function proveAll(s: TestServer): Promise<void> {
  await s.db.updateTable('user').set({ awaits_proof_since: null, email_verified_at: s.clock.now() }).execute()
}

const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
