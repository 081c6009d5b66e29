/** The issuer's keys: given once, or fetched, kept fresh in the background and fetched again for a kid that is not known. */
import type { Algorithm } from './algorithms.ts'
import { type Clock, createAge, type Moment } from './clock.ts'
import { fetchKeySet } from './fetch-key-set.ts'
import type { Fetch } from './http.ts'
import { type Key, type KeySet, type PublicJwk, readKeySet } from './key-set.ts'
import { backOffMs, pause } from './pause.ts'
import { TokenError } from './token-error.ts'
import type { Warn } from './warning.ts'

export type Keys = {
  find(kid: string): Key | undefined
  /** Whether a kid that is not known may still be good: the set is being fetched, may be fetched, or could not be. */
  isUndecided(): boolean
  /**
   * Runs what may throw TokenError 'unknown-key'; then again, once it is sure that the kid is not just new. Many callers share
   * one fetch, and there is at most one in {@link REFETCH_PAUSE_MS}, however many unknown kids are sent.
   *
   * @throws TokenError 'unavailable' when the set could not be fetched, and whatever `attempt` throws
   */
  withFreshKeys<T>(attempt: () => T): Promise<T>
  /** The feed says which keys verify now: those of ours that are not among them were withdrawn, and serve no more. */
  retireOthers(liveKids: readonly string[]): void
  /** Whether the keys may be relied on: there are some, and they are not too old. */
  isUsable(now?: Moment): boolean
  /** Undefined as long as there is none, and for keys that were given. */
  ageMs(): number | undefined
  readonly size: number
  /** Keeps the set fresh until the signal. Resolves after the first attempt. */
  follow(signal: AbortSignal): Promise<void>
}

export type KeySetSource = { url: string; maxAgeSeconds: number } | { keys: readonly PublicJwk[] }

type Deps = {
  keySetSource: KeySetSource
  algorithms: readonly Algorithm[]
  fetch: Fetch
  clock: Clock
  warn: Warn
  /** Called when keys came or went: what was verified with them is to be verified again. */
  onChange: () => void
}

const REFETCH_PAUSE_MS = 10_000
const MOST_BACK_OFF_MS = 15_000 // without keys every token is refused

export function createKeys(deps: Deps): Keys {
  const { keySetSource } = deps
  return 'keys' in keySetSource ? givenKeys(deps, keySetSource.keys) : fetchedKeys(deps, keySetSource)
}

function givenKeys({ algorithms, warn, onChange }: Deps, keys: readonly PublicJwk[]): Keys {
  const set = readKeySet({ keys }, algorithms, ignoreWith(warn))
  const retired = createRetired(onChange)
  return {
    find: (kid) => (retired.has(kid) ? undefined : set.get(kid)),
    retireOthers: (liveKids) => retired.update(set, liveKids),
    isUndecided: () => false,
    withFreshKeys: async (attempt) => attempt(),
    isUsable: () => true,
    ageMs: () => undefined,
    size: set.size,
    follow: async () => {},
  }
}

function fetchedKeys(deps: Deps, { url, maxAgeSeconds }: { url: string; maxAgeSeconds: number }): Keys {
  const { fetch, clock, warn } = deps
  const age = createAge(clock)
  const retired = createRetired(deps.onChange)
  let set: KeySet = new Map()
  let text = ''
  let inFlight: Promise<number> | undefined
  let hasFailed = false
  let mayRefetchAt = Number.NEGATIVE_INFINITY
  let ending: AbortSignal | undefined

  /** @returns for how many seconds the set is fresh */
  async function fetchSet(): Promise<number> {
    const answer = await fetchKeySet(fetch, url, ending)
    if (answer.text !== text) {
      set = readKeySet(JSON.parse(answer.text), deps.algorithms, ignoreWith(warn))
      text = answer.text
      deps.onChange()
    }
    age.begin()
    hasFailed = false
    return answer.freshSeconds
  }

  function load(): Promise<number> {
    inFlight ??= fetchSet()
      .catch((cause: unknown) => {
        if (!hasFailed && !ending?.aborted) warn('key-set-unavailable', cause)
        hasFailed = true
        throw new TokenError('unavailable', cause)
      })
      .finally(() => {
        inFlight = undefined
      })
    return inFlight
  }

  // What is on its way may have left the issuer before the kid was published: it may help, but only a later one decides.
  async function awaitFlight(): Promise<void> {
    await inFlight?.catch(() => undefined) // `load` has told why
  }

  async function refetch(): Promise<void> {
    if (inFlight) return void (await inFlight)
    if (clock.monotonic() >= mayRefetchAt) {
      mayRefetchAt = clock.monotonic() + REFETCH_PAUSE_MS
      return void (await load())
    }
    if (hasFailed) throw new TokenError('unavailable')
  }

  async function keepFresh(signal: AbortSignal, first: Promise<number>): Promise<void> {
    for (let failures = 0, loading = first; !signal.aborted; loading = load()) {
      const freshSeconds = await loading.catch(() => undefined) // `load` has told why
      failures = freshSeconds === undefined ? failures + 1 : 0
      await pause(freshSeconds === undefined ? backOffMs(failures, MOST_BACK_OFF_MS) : freshSeconds * 1000, signal)
      if (signal.aborted) return
    }
  }

  return {
    find: (kid) => (retired.has(kid) ? undefined : set.get(kid)),
    retireOthers: (liveKids) => retired.update(set, liveKids),
    isUndecided: () => hasFailed || inFlight !== undefined || clock.monotonic() >= mayRefetchAt,
    async withFreshKeys(attempt) {
      for (const wait of [awaitFlight, refetch]) {
        try {
          return attempt()
        } catch (error) {
          if (!(error instanceof TokenError) || error.code !== 'unknown-key') throw error
        }
        await wait()
      }
      return attempt()
    },
    isUsable: (now) => age.ms(now) <= maxAgeSeconds * 1000,
    ageMs: () => (set.size === 0 ? undefined : age.ms()),
    get size() {
      return set.size
    },
    async follow(signal) {
      ending = signal
      const first = load()
      void keepFresh(signal, first)
      await first.catch(() => undefined) // told; `isUsable` says no
    },
  }
}

// Remembered apart from the set: a cache on the way may go on serving one that still has the key.
function createRetired(onChange: () => void) {
  const retired = new Set<string>()
  return {
    has: (kid: string) => retired.has(kid),
    update(set: KeySet, liveKids: readonly string[]): void {
      for (const kid of liveKids) retired.delete(kid)
      const before = retired.size
      for (const kid of set.keys()) if (!liveKids.includes(kid)) retired.add(kid)
      if (retired.size > before) onChange()
    },
  }
}

function ignoreWith(warn: Warn) {
  return (kid: string, why: string) => warn('key-ignored', new Error(`"${kid}": ${why}`))
}
