/**
 * How fast is the verifier? `node sdk/verify/bench.ts [rounds]`, one thread, revocations followed as in production.
 * Everything runs in short turns, one kind after the other, so that what else the machine does hits all alike. The quickest tenth
 * of the turns shows what the code takes by itself, the median what it took here and now.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createVerifier, type Verifier } from './src/index.ts'
import { AUDIENCE, type Issuer, startIssuer } from './test/issuer.ts'

const FIRST_SEEN = 3000
const FIRST_SEEN_TURN = 10 // about a millisecond: most turns are not interrupted
const DISTINCT = 1000 // repeated tokens, in turn: that many people at once
const REPEATED_TURNS = 200
const REPEATED_TURN = 2000
const ENDED_SESSIONS = 10_000

type Kind = 'bare' | 'first' | 'repeated' | 'repeatedAnew' | 'awaited'
type Call = (n: number) => unknown

const rounds = Number(process.argv[2] ?? 7)
/** Microseconds a call, one entry a turn. */
const spent: Record<Kind, number[]> = { bare: [], first: [], repeated: [], repeatedAnew: [], awaited: [] }
const endings: (() => unknown)[] = []

const issuer = await startIssuer({ after: (ending: () => unknown) => endings.push(ending) })
for (let n = 0; n < ENDED_SESSIONS; n++) issuer.revocations.push({ sid: `ended-${n}`, exp: Date.now() / 1000 + 3600 })
const verifier = createVerifier({ issuer: issuer.url, audience: AUDIENCE, cacheTokens: 2 * DISTINCT })
await verifier.ready()

for (let round = 0; round <= rounds; round++) {
  await measure(issuer, verifier)
  if (round === 0) for (const turns of Object.values(spent)) turns.length = 0 // the code was compiled meanwhile
  await wait(100) // the feed gets its turn
}
verifier.close()
for (const ending of endings) await ending()
report()

async function measure(from: Issuer, by: Verifier): Promise<void> {
  const tokens = await Promise.all(Array.from({ length: FIRST_SEEN }, () => from.token()))
  const key = createPublicKey({ key: from.currentKey.jwk as Record<string, string>, format: 'jwk' })
  const bytes = tokens.map((token) => Buffer.from(token))
  for (let begin = 0; begin < FIRST_SEEN; begin += FIRST_SEEN_TURN) {
    // Both find what they work on just made, as a request that has just been read.
    const turn = bytes.slice(begin, begin + FIRST_SEEN_TURN)
    take('bare', FIRST_SEEN_TURN, bareChecks(key, turn))
    const texts = turn.map((text) => text.toString('latin1'))
    take('first', FIRST_SEEN_TURN, (n) => by.verifySync(texts[n] ?? ''))
  }
  const known = tokens.slice(-DISTINCT)
  const headers = known.map((token) => Buffer.from(`Bearer ${token}`))
  for (let turn = 0; turn < REPEATED_TURNS; turn++) {
    take('repeated', REPEATED_TURN, (n) => by.verifySync(known[n % DISTINCT] ?? ''))
    // As a server does: each request brings its own text, which has to be hashed to be found.
    take('repeatedAnew', REPEATED_TURN, (n) => by.verifySync(headers[n % DISTINCT]?.toString('latin1', 7) ?? ''))
    await takeAwaited(by, known)
  }
}

function take(kind: Kind, count: number, call: Call): void {
  const startedAt = performance.now()
  for (let n = 0; n < count; n++) call(n)
  spent[kind].push(((performance.now() - startedAt) * 1000) / count)
}

async function takeAwaited(by: Verifier, known: readonly string[]): Promise<void> {
  const startedAt = performance.now()
  for (let n = 0; n < REPEATED_TURN; n++) await by.verify(known[n % DISTINCT] ?? '')
  spent.awaited.push(((performance.now() - startedAt) * 1000) / REPEATED_TURN)
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

function report(): void {
  console.log(`Node.js ${process.version}, ${rounds} rounds, ${ENDED_SESSIONS} ended sessions known`)
  const quick = (kind: Kind) => quantile(spent[kind], 0.1)
  const middle = (kind: Kind) => quantile(spent[kind], 0.5)
  const row = (what: string, ...figures: string[]) =>
    console.log(what.padEnd(42) + figures.map((figure) => figure.padStart(16)).join(''))
  const rates = (what: string, kind: Kind) => row(what, perSecond(quick(kind)), perSecond(middle(kind)))
  row('', 'quickest tenth', 'median')
  rates('crypto.verify by itself, ES256', 'bare')
  rates('a token seen for the first time', 'first')
  row(
    '  of what crypto.verify allows',
    percent(quick('bare') / quick('first')),
    percent(middle('bare') / middle('first')),
  )
  rates('a repeated token, verifySync', 'repeated')
  rates('  its text read anew from bytes', 'repeatedAnew')
  rates('  verify, awaited', 'awaited')
}

function quantile(numbers: readonly number[], part: number): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length * part)] ?? Number.NaN
}

function perSecond(microseconds: number): string {
  return `${Math.round(1e6 / microseconds).toLocaleString('en')}/s`
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`
}
