import { createDecide } from './decide.ts'
import { followFeed } from './feed.ts'
import { createKeys } from './keys.ts'
import { readOptions, type VerifierOptions } from './options.ts'
import { checkRequirements, type Requirements } from './requirements.ts'
import { createRevocations } from './revocations.ts'
import type { VerifiedToken } from './token.ts'
import { createTokenCache } from './token-cache.ts'
import { TokenError } from './token-error.ts'
import { createWarn } from './warning.ts'

export type Verifier = {
  /**
   * Verifies a token: signature, issuer, audience, type, times, and that its session has not ended.
   *
   * @throws TokenError
   */
  verify(token: string, requirements?: Requirements): Promise<VerifiedToken>
  /**
   * The same without waiting: what would need a fetch is 'unavailable' (and the fetch is begun).
   *
   * @throws TokenError
   */
  verifySync(token: string, requirements?: Requirements): VerifiedToken
  /**
   * Fetches the keys and begins to follow the revocation feed, if that has not begun yet.
   *
   * @throws TokenError 'unavailable' when nothing can be decided now; the verifier goes on trying
   */
  ready(): Promise<void>
  /** Ends what runs in the background. The verifier decides as long as what it knows is fresh enough. */
  close(): void
  status(): VerifierStatus
}

/** For health pages and metrics. Ages in seconds; undefined: there is none yet, or it is not needed. */
export type VerifierStatus = {
  /** False: every token is 'unavailable'. */
  readonly isAvailable: boolean
  readonly keys: number
  readonly keySetAge: number | undefined
  /** False: tokens of ended sessions may be accepted (fail open), or revocations are off. */
  readonly areRevocationsFresh: boolean
  readonly revocations: number
  readonly revocationsAge: number | undefined
  readonly cachedTokens: number
}

/**
 * Makes a verifier. Nothing is fetched before its first use: call `ready()` at the start of the process, `close()` at its end.
 *
 * @throws TypeError when an option is wrong
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = readOptions(options)
  const { issuer, feed, fetch, clock } = settings
  const warn = createWarn(settings.onWarning)
  const cache = createTokenCache<VerifiedToken>(settings.cacheTokens)
  const keys = createKeys({ ...settings, warn, onChange: cache.clear })
  const revocations = feed && createRevocations({ issuer, keys, clock, maxAgeMs: feed.maxAgeMs })
  const decide = createDecide({ settings, keys, revocations, cache, warn })
  const ending = new AbortController()
  let starting: Promise<unknown> | undefined
  let isStarted = false

  function start(): Promise<unknown> {
    if (starting) return starting
    const following = [keys.follow(ending.signal)]
    if (feed && revocations) following.push(followFeed({ ...feed, fetch, keys, revocations, warn }, ending.signal))
    starting = Promise.all(following).then(() => {
      isStarted = true
    })
    return starting
  }

  const isAvailable = () => keys.isUsable() && (!revocations || settings.isFailOpen || revocations.isFresh())

  return {
    async verify(token, requirements) {
      if (requirements) checkRequirements(requirements)
      if (!isStarted) await start()
      return keys.withFreshKeys(() => decide(token, requirements))
    },
    verifySync(token, requirements) {
      if (requirements) checkRequirements(requirements)
      if (!isStarted) void start()
      try {
        return decide(token, requirements)
      } catch (error) {
        const isOpen = error instanceof TokenError && error.code === 'unknown-key' && keys.isUndecided()
        if (!isOpen) throw error
        void keys.withFreshKeys(() => decide(token)).catch(() => undefined) // only for the fetch: the next call decides
        throw new TokenError('unavailable')
      }
    },
    async ready() {
      await start()
      if (!isAvailable()) throw new TokenError('unavailable')
    },
    close: () => ending.abort(),
    status: () => ({
      isAvailable: isAvailable(),
      keys: keys.size,
      keySetAge: toSeconds(keys.ageMs()),
      areRevocationsFresh: revocations?.isFresh() ?? false,
      revocations: revocations?.size ?? 0,
      revocationsAge: toSeconds(revocations?.ageMs()),
      cachedTokens: cache.size,
    }),
  }
}

const toSeconds = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : milliseconds / 1000)
