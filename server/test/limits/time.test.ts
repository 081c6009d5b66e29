/**
 * The time of an answer of limits tells nothing: known and unknown accounts take the same, in each branch (CVE-2026-26185).
 * One of each kind in turn, so that whatever else the machine does falls on both alike.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { register } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { FREE_PER_ACCOUNT, guess, guessUp, startBehindGateway } from './attempts.ts'

const SAMPLES = 200
const ACCOUNTS = 20
const MOST_APART = 1.5 // a look-up more or less is less, a hash is ten times that

const known = (number: number) => `known${number}@example.com`
const unknown = (number: number) => `nobody${number}@example.com`

describe(`medians of ${SAMPLES} known and ${SAMPLES} unknown accounts`, () => {
  test('while their guesses are judged', async (t) => {
    const s = await startBehindGateway(t)
    for (let number = 0; number < ACCOUNTS; number++) await register(s, { email: known(number) })
    await compare(s, 401, (turn) => turn % ACCOUNTS)
  })

  test('while they must wait', async (t) => {
    const s = await startBehindGateway(t)
    await register(s, { email: known(0) })
    for (const email of [known(0), unknown(0)]) await guessUp(s, email, FREE_PER_ACCOUNT)
    await compare(s, 429, () => 0)
  })

  test('while a challenge is due', async (t) => {
    const easy = await startBehindGateway(t)
    await register(easy, { email: known(0) })
    for (const email of [known(0), unknown(0)]) await guessUp(easy, email, FREE_PER_ACCOUNT / 2)
    const environment = { LIMITS: 'on', CHALLENGE: 'proof-of-work' }
    await compare(await startServer(t, { url: easy.url, clock: easy.clock, environment }), 429, () => 0)
  })
})

async function compare(s: TestServer, status: number, accountOf: (turn: number) => number): Promise<void> {
  const times = { known: [] as number[], unknown: [] as number[] }
  const answered = ({ status: given, milliseconds, text }: Answer) => {
    assert.equal(given, status, text)
    return milliseconds
  }
  for (let turn = 0; turn < SAMPLES; turn++) {
    times.known.push(answered(await guess(s, known(accountOf(turn)))))
    times.unknown.push(answered(await guess(s, unknown(accountOf(turn)))))
  }
  const [one, other] = [median(times.known), median(times.unknown)]
  assert.ok(Math.max(one, other) / Math.min(one, other) < MOST_APART, `${one} ms and ${other} ms`)
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
