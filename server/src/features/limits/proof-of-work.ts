/** Proof of work in ALTCHA's form (https://altcha.org): its widget, or `solveChallenge` of altcha-lib, solves it. */
import type { Challenge as AltchaChallenge, Payload } from 'altcha-lib/types'
import type { Clock } from '../../platform/clock.ts'
import { secondsOf } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import { randomSecret } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Challenge } from './challenge.ts'
import type { Purpose } from './rules.ts'
import { spendChallenge } from './store.ts'

const LIFETIME_SECONDS = 600 // a form that is filled in slowly
const SOLUTION_CHARACTERS = 4096
const ALGORITHM = 'PBKDF2/SHA-256'
/** One key takes about 0.3 ms; from 2,000 to 4,000 are tried: about a second of one core, and a millisecond of ours. */
const ITERATIONS = 1_000
const FEWEST_TRIES = 2_000
const MORE_TRIES = 2_048 // a power of two: drawn without bias from two bytes

export function createProofOfWork({ db, clock, sealer }: { db: Db; clock: Clock; sealer: Sealer }): Challenge {
  const hmacSignatureSecret = sealer.mac('challenge').toString('hex')
  const hmacKeySignatureSecret = sealer.mac('solution of a challenge').toString('hex')

  async function issue(purpose: Purpose): Promise<object> {
    const { createChallenge, deriveKey } = await loadAltcha()
    return createChallenge({
      algorithm: ALGORITHM,
      cost: ITERATIONS,
      counter: FEWEST_TRIES + (randomSecret(2).readUInt16BE() % MORE_TRIES),
      deriveKey,
      hmacSignatureSecret,
      hmacKeySignatureSecret,
      // Not the library's own expiry: that goes by the clock of the machine.
      data: { purpose, expires: secondsOf(clock.now()) + LIFETIME_SECONDS },
    })
  }

  async function check(purpose: Purpose, text: string | undefined) {
    if (text === undefined || text === '') return 'missing'
    const payload = readPayload(text)
    if (!payload) return 'wrong'
    const { challenge, solution } = payload
    const { verifySolution, deriveKey } = await loadAltcha()
    const keys = { hmacSignatureSecret, hmacKeySignatureSecret }
    const { verified } = await verifySolution({ challenge, solution, deriveKey, ...keys })
    const { nonce, data } = challenge.parameters // signed by us
    if (!verified || data?.purpose !== purpose) return 'wrong'
    const expires = Number(data.expires)
    if (secondsOf(clock.now()) >= expires) return 'expired'
    return (await spendChallenge(db, nonce, expires * 1000)) ? 'solved' : 'used'
  }

  return { issue, check }
}

/** Only loaded when a challenge is wanted: memory and start time. */
async function loadAltcha() {
  const [{ createChallenge, verifySolution }, { deriveKey }] = await Promise.all([
    import('altcha-lib'),
    import('altcha-lib/algorithms/pbkdf2'),
  ])
  return { createChallenge, verifySolution, deriveKey }
}

/** The widget's form: JSON in base64. */
function readPayload(text: string): Payload | undefined {
  if (text.length > SOLUTION_CHARACTERS) return undefined
  const payload = parse(Buffer.from(text, 'base64').toString()) as Partial<Payload> | null | undefined
  const parameters: Partial<AltchaChallenge['parameters']> | undefined = payload?.challenge?.parameters
  const isWhole =
    typeof parameters === 'object' && parameters !== null && typeof payload?.challenge?.signature === 'string'
  return isWhole ? (payload as Payload) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON, so no solution
  }
}
