/**
 * How fast the verifier is, on one thread, with revocations followed as in production. Everything runs in short turns, one kind
 * after the other, so that what else the machine does hits all alike. The quickest tenth of the turns shows what the code takes
 * by itself, the median what it took here and now.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createVerifier, type Verifier } from '../../sdk/verify/src/index.ts'
import { AUDIENCE, type Issuer, startIssuer } from '../../sdk/verify/test/issuer.ts'
import { type Disturbance, watchMachine } from '../watch-machine.ts'

const FIRST_SEEN = 3000
const FIRST_SEEN_TURN = 10 // about a millisecond: most turns are not interrupted
const DISTINCT = 1000 // repeated tokens, in turn: that many people at once
const REPEATED_TURNS = 200
const REPEATED_TURN = 2000
export const ENDED_SESSIONS = 10_000

export const kinds = ['bare', 'first', 'repeated', 'repeatedAnew', 'awaited'] as const
export type Kind = (typeof kinds)[number]
/** Microseconds a call. */
export type Spent = { quick: number; median: number }
export type Measured = { spent: Record<Kind, Spent>; rounds: readonly Disturbance[] }

type Call = (n: number) => unknown
/** Microseconds a call, one entry a turn. */
type Turns = Record<Kind, number[]>

const newTurns = (): Turns => ({ bare: [], first: [], repeated: [], repeatedAnew: [], awaited: [] })

export async function measureVerifier(rounds: number): Promise<Measured> {
  const endings: (() => unknown)[] = []
  const issuer = await startIssuer({ after: (ending: () => unknown) => endings.push(ending) })
  for (let n = 0; n < ENDED_SESSIONS; n++) issuer.revocations.push({ sid: `ended-${n}`, exp: Date.now() / 1000 + 3600 })
  const verifier = createVerifier({ issuer: issuer.url, audience: AUDIENCE, cacheTokens: 2 * DISTINCT })
  await verifier.ready()
  try {
    await measureRound(issuer, verifier, newTurns()) // the code is compiled meanwhile
    return await measureRounds(issuer, verifier, rounds)
  } finally {
    verifier.close()
    for (const ending of endings) await ending()
  }
}

async function measureRounds(issuer: Issuer, verifier: Verifier, count: number): Promise<Measured> {
  const turns = newTurns()
  const rounds: Disturbance[] = []
  while (rounds.length < count) {
    await wait(100) // the feed gets its turn
    const seen = watchMachine(() => [process.pid])
    await measureRound(issuer, verifier, turns)
    rounds.push(seen())
  }
  const spentOn = (kind: Kind) => [kind, { quick: quantile(turns[kind], 0.1), median: quantile(turns[kind], 0.5) }]
  return { spent: Object.fromEntries(kinds.map(spentOn)), rounds }
}

async function measureRound(issuer: Issuer, verifier: Verifier, turns: Turns): Promise<void> {
  const tokens = await Promise.all(Array.from({ length: FIRST_SEEN }, () => issuer.token()))
  const key = createPublicKey({ key: issuer.currentKey.jwk as Record<string, string>, format: 'jwk' })
  const bytes = tokens.map((token) => Buffer.from(token))
  for (let begin = 0; begin < FIRST_SEEN; begin += FIRST_SEEN_TURN) {
    // Both find what they work on just made, as a request that has just been read.
    const turn = bytes.slice(begin, begin + FIRST_SEEN_TURN)
    turns.bare.push(take(FIRST_SEEN_TURN, bareChecks(key, turn)))
    const texts = turn.map((text) => text.toString('latin1'))
    turns.first.push(take(FIRST_SEEN_TURN, (n) => verifier.verifySync(texts[n] ?? '')))
  }
  await repeat(verifier, tokens.slice(-DISTINCT), turns)
}

async function repeat(verifier: Verifier, known: readonly string[], turns: Turns): Promise<void> {
  const headers = known.map((token) => Buffer.from(`Bearer ${token}`))
  for (let turn = 0; turn < REPEATED_TURNS; turn++) {
    turns.repeated.push(take(REPEATED_TURN, (n) => verifier.verifySync(known[n % DISTINCT] ?? '')))
    // As a server does: each request brings its own text, which has to be hashed to be found.
    const readAnew = (n: number) => verifier.verifySync(headers[n % DISTINCT]?.toString('latin1', 7) ?? '')
    turns.repeatedAnew.push(take(REPEATED_TURN, readAnew))
    turns.awaited.push(await takeAwaited(verifier, known))
  }
}

function take(count: number, call: Call): number {
  const startedAt = performance.now()
  for (let n = 0; n < count; n++) call(n)
  return ((performance.now() - startedAt) * 1000) / count
}

async function takeAwaited(verifier: Verifier, known: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  for (let n = 0; n < REPEATED_TURN; n++) await verifier.verify(known[n % DISTINCT] ?? '')
  return ((performance.now() - startedAt) * 1000) / REPEATED_TURN
}

/** What `crypto.verify` takes by itself: everything else was done before. */
function bareChecks(key: KeyObject, tokens: readonly Buffer[]): Call {
  const options = { key, dsaEncoding: 'ieee-p1363' } as const
  const inputs = tokens.map((token) => {
    const end = token.lastIndexOf('.')
    const signature = Buffer.from(token.toString('latin1', end + 1), 'base64url')
    return { input: Buffer.from(token.subarray(0, end)), signature }
  })
  return (n) => {
    const { input, signature } = inputs[n] ?? {}
    if (!input || !signature || !verify('sha256', input, options, signature)) throw new Error('it was refused')
  }
}

function quantile(numbers: readonly number[], part: number): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length * part)] ?? Number.NaN
}
