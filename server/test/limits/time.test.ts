/** The time of an answer of limits tells nothing: known and unknown accounts take the same, in each branch (CVE-2026-26185). */
import { describe, type TestContext, test } from 'node:test'
import { expectSameTime } from '../same-time.ts'
import { register } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { FREE_PER_ACCOUNT, guess, guessUp, startBehindGateway } from './attempts.ts'

const ACCOUNTS = 20 // none of them is asked for so often in two rounds that it must wait

const known = (number: number) => `known${number}@example.com`
const unknown = (number: number) => `nobody${number}@example.com`

describe('known and unknown accounts take the same time', () => {
  test('while their guesses are judged', async (t) => {
    const s = await startBehindGateway(t)
    for (let number = 0; number < ACCOUNTS; number++) await register(s, { email: known(number) })
    await compare(t, s, 401, (turn) => turn % ACCOUNTS)
  })

  test('while they must wait', async (t) => {
    const s = await startBehindGateway(t)
    await register(s, { email: known(0) })
    for (const email of [known(0), unknown(0)]) await guessUp(s, email, FREE_PER_ACCOUNT)
    await compare(t, s, 429, () => 0)
  })

  test('while a challenge is due', async (t) => {
    const easy = await startBehindGateway(t)
    await register(easy, { email: known(0) })
    for (const email of [known(0), unknown(0)]) await guessUp(easy, email, FREE_PER_ACCOUNT / 2)
    const environment = { LIMITS: 'on', CHALLENGE: 'proof-of-work' }
    const s = await startServer(t, { url: easy.url, clock: easy.clock, environment })
    await compare(t, s, 429, () => 0)
  })
})

function compare(t: TestContext, s: TestServer, status: number, accountOf: (turn: number) => number): Promise<void> {
  return expectSameTime(t, status, () => ({
    'an unknown one': (turn) => guess(s, unknown(accountOf(turn))),
    'a known one': (turn) => guess(s, known(accountOf(turn))),
  }))
}
