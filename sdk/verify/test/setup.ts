/** A verifier for a test, closed at its end, with a clock that can be moved. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, createVerifier, TokenError, type TokenErrorCode, type Verifier } from '../src/index.ts'
import type { VerifierOptions } from '../src/options.ts'
import { AUDIENCE, type Issuer } from './issuer.ts'

export type MovableClock = Clock & {
  /** Both clocks go on by that. */
  advance(seconds: number): void
  /** The wall clock is set, by that much. */
  jump(seconds: number): void
}

export function createMovableClock(): MovableClock {
  let advanced = 0
  let jumped = 0
  return {
    now: () => Date.now() + advanced + jumped,
    monotonic: () => performance.now() + advanced,
    advance: (seconds) => {
      advanced += seconds * 1000
    },
    jump: (seconds) => {
      jumped += seconds * 1000
    },
  }
}

export type Watched = Verifier & { clock: MovableClock; warnings: string[] }

/** A verifier of the issuer's tokens. Revocations are off unless the options say otherwise. */
export function verifierOf(
  t: TestContext,
  issuer: Pick<Issuer, 'url'>,
  options: Partial<VerifierOptions> = {},
): Watched {
  const clock = createMovableClock()
  const warnings: string[] = []
  const verifier = createVerifier({
    issuer: issuer.url,
    audience: AUDIENCE,
    revocations: { mode: 'off' },
    clock,
    onWarning: ({ code }) => warnings.push(code),
    ...options,
  })
  t.after(verifier.close)
  return { ...verifier, clock, warnings }
}

export async function assertRefused(verifier: Verifier, token: string, code: TokenErrorCode): Promise<void> {
  assert.equal(await codeOf(verifier, token), code)
}

/** The code of the refusal, or 'accepted'. */
export async function codeOf(verifier: Verifier, token: string): Promise<TokenErrorCode | 'accepted'> {
  try {
    await verifier.verify(token)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return error.code
  }
}

/** Waits for something that happens in the background. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await isSo())) {
    if (performance.now() > end) assert.fail(`did not happen within ${seconds} s: ${what}`)
    await wait(10)
  }
}
