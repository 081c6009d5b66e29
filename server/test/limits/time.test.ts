/** The time of an answer of limits tells nothing: known and unknown accounts take the same, in each branch (CVE-2026-26185). */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { databases } from '../databases.ts'
import { expectSameTime, FEW } from '../same-time.ts'
import { paths, register } from '../scenario.ts'
import { type Answer, type Client, startServer, type TestServer } from '../start-server.ts'
import { FREE_PER_ACCOUNT, guess, guessUp, SIGN_UPS_PER_ACCOUNT, startBehindGateway } from './attempts.ts'

const ACCOUNTS = 20 // none of them is asked for so often in two rounds that it must wait

const known = (number: number) => `known${number}@example.com`
const unknown = (number: number) => `nobody${number}@example.com`

type Ask = (s: Client, email: string) => Promise<Answer>

/** What else is counted by an address, how often it may be asked for, and from when on a challenge is due. */
const others: [what: string, ask: Ask, free: number, challengeAfter: number | undefined][] = [
  ['a new password is asked for', (s, email) => s.post('/api/password/forgot', { email }), 5, 3],
  ['a code of a mail is shown', (s, email) => s.post('/api/email/verify', { email, code: 'wrong!' }), 20, undefined],
  // Refused for its password, so that nobody has the address afterwards.
  ['it is registered', (s, email) => s.post(paths.register, { email, password: 'x' }), SIGN_UPS_PER_ACCOUNT, 10],
]

for (const { kind, name } of databases())
  describe(`known and unknown accounts take the same time (${name})`, () => {
    const pairs = kind === 'sqlite' ? undefined : FEW
    const sameTime = (t: TestContext, s: TestServer, status: number, ask: Ask, accountOf = (_turn: number) => 0) =>
      expectSameTime(
        t,
        status,
        () => ({
          'an unknown one': (turn) => ask(s, unknown(accountOf(turn))),
          'a known one': (turn) => ask(s, known(accountOf(turn))),
        }),
        pairs,
      )
    const withChallenge = (t: TestContext, { url, clock }: TestServer) =>
      startServer(t, { kind, url, clock, environment: { LIMITS: 'on', CHALLENGE: 'proof-of-work' } })

    test('while their guesses are judged', async (t) => {
      const s = await startBehindGateway(t, kind)
      for (let number = 0; number < ACCOUNTS; number++) await register(s, { email: known(number) })
      await sameTime(t, s, 401, guess, (turn) => turn % ACCOUNTS)
    })

    test('while they must wait', async (t) => {
      const s = await startBehindGateway(t, kind)
      await register(s, { email: known(0) })
      for (const email of [known(0), unknown(0)]) await guessUp(s, email, FREE_PER_ACCOUNT)
      await sameTime(t, s, 429, guess)
    })

    test('while a challenge is due', async (t) => {
      const easy = await startBehindGateway(t, kind)
      await register(easy, { email: known(0) })
      for (const email of [known(0), unknown(0)]) await guessUp(easy, email, FREE_PER_ACCOUNT / 2)
      await sameTime(t, await withChallenge(t, easy), 429, guess)
    })

    for (const [what, ask, free, challengeAfter] of others) {
      test(`while they must wait before ${what}`, async (t) => {
        const s = await startBehindGateway(t, kind)
        await register(s, { email: known(0) })
        await useUp(s, ask, free)
        await sameTime(t, s, 429, ask)
      })

      if (challengeAfter === undefined) continue
      test(`while a challenge is due before ${what}`, async (t) => {
        const easy = await startBehindGateway(t, kind)
        await register(easy, { email: known(0) })
        await useUp(easy, ask, challengeAfter)
        await sameTime(t, await withChallenge(t, easy), 429, ask)
      })
    }
  })

async function useUp(s: TestServer, ask: Ask, times: number): Promise<void> {
  for (const email of [known(0), unknown(0)])
    for (let turn = 0; turn < times; turn++) {
      const { status } = await ask(s, email)
      if (email === known(0) && status === 429) break // its registration was counted
      assert.notEqual(status, 429, `${email}, ${turn + 1}`)
    }
}
