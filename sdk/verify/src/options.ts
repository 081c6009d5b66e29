import type { TokenType } from '../../../contract/claims.ts'
import { MOST_CLOCK_TOLERANCE_SECONDS } from '../../../contract/revocations.ts'
import { type Algorithm, allAlgorithms } from './algorithms.ts'
import { checkListOf, checkNames, checkNumber, checkOneOf, checkText } from './check-option.ts'
import { type Clock, systemClock } from './clock.ts'
import type { FeedMode } from './feed.ts'
import { checkUrl, type Fetch } from './http.ts'
import type { PublicJwk } from './key-set.ts'
import type { KeySetSource } from './keys.ts'
import type { Warning } from './warning.ts'

export type RevocationOptions = {
  /** Of the feed; default `<issuer>/api/revocations`. */
  readonly url?: string
  /**
   * `stream` (default) learns within a moment, and asks for pages while the stream is refused; `poll` asks about four times in
   * `maxAgeSeconds`; `off` never asks.
   */
  readonly mode?: FeedMode | 'off'
  /** When the feed is older than `maxAgeSeconds`: refuse to decide (`closed`, default) or accept and warn (`open`). */
  readonly fail?: 'open' | 'closed'
  /** Default 60: the issuer may restart meanwhile, and a token outlives its session by no more. */
  readonly maxAgeSeconds?: number
}

export type VerifierOptions = {
  /** Exactly what `iss` says. */
  readonly issuer: string
  /** Exactly what `aud` says, or one of several. */
  readonly audience: string
  /**
   * Where the keys are; default `<issuer>/.well-known/jwks.json`. A fetched set serves for `maxAgeSeconds` (default one day)
   * when no newer one can be fetched.
   */
  readonly keySet?: { readonly url?: string; readonly maxAgeSeconds?: number } | { readonly keys: readonly PublicJwk[] }
  /** Keys of other algorithms are ignored. Each key verifies only its own `alg`. Default: all that this Node.js has. */
  readonly algorithms?: readonly Algorithm[]
  /** Default: only `access`. */
  readonly tokenTypes?: readonly TokenType[]
  /** What `typ` of the header may be. Default `JWT` and `at+jwt`. */
  readonly headerTypes?: readonly string[]
  /** Default 5, at most 30. */
  readonly clockToleranceSeconds?: number
  /** Default 8192. */
  readonly maxTokenCharacters?: number
  readonly revocations?: RevocationOptions
  /** How many verified tokens are remembered; default 10,000. */
  readonly cacheTokens?: number
  /** Allows http to other machines: for test networks only. */
  readonly allowInsecure?: boolean
  readonly fetch?: Fetch
  readonly clock?: Clock
  /** Default: warnings of Node.js (standard error). */
  readonly onWarning?: (warning: Warning) => void
}

/** Options with everything filled in and checked. */
export type Settings = {
  issuer: string
  audience: string
  keySetSource: KeySetSource
  algorithms: readonly Algorithm[]
  tokenTypes: readonly TokenType[]
  headerTypes: readonly string[]
  clockToleranceSeconds: number
  maxTokenCharacters: number
  /** Undefined: off. */
  feed: { url: string; mode: FeedMode; pollSeconds: number; maxAgeMs: number } | undefined
  isFailOpen: boolean
  cacheTokens: number
  fetch: Fetch
  clock: Clock
  onWarning: ((warning: Warning) => void) | undefined
}

const optionNames: readonly (keyof VerifierOptions)[] = [
  'issuer',
  'audience',
  'keySet',
  'algorithms',
  'tokenTypes',
  'headerTypes',
  'clockToleranceSeconds',
  'maxTokenCharacters',
  'revocations',
  'cacheTokens',
  'allowInsecure',
  'fetch',
  'clock',
  'onWarning',
]

const DAY_SECONDS = 86_400
const headerTypesOfTokens = ['JWT', 'at+jwt']

/** @throws TypeError that names the option */
export function readOptions(options: VerifierOptions): Settings {
  checkNames('createVerifier', options, optionNames)
  const { issuer, audience, algorithms = allAlgorithms, tokenTypes = ['access'], allowInsecure = false } = options
  const { headerTypes = headerTypesOfTokens, clockToleranceSeconds = 5, maxTokenCharacters = 8192 } = options
  const { cacheTokens = 10_000, revocations = {}, clock = systemClock, onWarning } = options
  checkText('issuer', issuer)
  checkText('audience', audience)
  checkListOf('algorithms', algorithms, allAlgorithms)
  checkListOf('tokenTypes', tokenTypes, ['access', 'refresh'])
  checkListOf('headerTypes', headerTypes, headerTypesOfTokens)
  // More would be a second lifetime, and entries of the feed are gone by then.
  checkNumber('clockToleranceSeconds', clockToleranceSeconds, 0, MOST_CLOCK_TOLERANCE_SECONDS)
  checkNumber('maxTokenCharacters', maxTokenCharacters, 64, 65_536)
  checkNumber('cacheTokens', cacheTokens, 0, 1_000_000)
  return {
    issuer,
    audience,
    keySetSource: readKeySetSource(options.keySet ?? {}, issuer, allowInsecure),
    algorithms,
    tokenTypes,
    headerTypes,
    clockToleranceSeconds,
    maxTokenCharacters,
    ...readRevocations(revocations, issuer, allowInsecure),
    cacheTokens,
    fetch: options.fetch ?? globalThis.fetch,
    clock,
    onWarning,
  }
}

function readKeySetSource(
  keySet: NonNullable<VerifierOptions['keySet']>,
  issuer: string,
  allowInsecure: boolean,
): KeySetSource {
  checkNames('keySet', keySet, 'keys' in keySet ? ['keys'] : ['url', 'maxAgeSeconds'])
  if ('keys' in keySet) return { keys: keySet.keys }
  const { url = below(issuer, '/.well-known/jwks.json'), maxAgeSeconds = DAY_SECONDS } = keySet
  checkNumber('keySet.maxAgeSeconds', maxAgeSeconds, 60, 7 * DAY_SECONDS)
  return { url: checkUrl('keySet.url', url, allowInsecure), maxAgeSeconds }
}

function readRevocations(
  options: RevocationOptions,
  issuer: string,
  allowInsecure: boolean,
): Pick<Settings, 'feed' | 'isFailOpen'> {
  checkNames('revocations', options, ['url', 'mode', 'fail', 'maxAgeSeconds'])
  const { url = below(issuer, '/api/revocations'), mode = 'stream', fail = 'closed', maxAgeSeconds = 60 } = options
  checkOneOf('revocations.mode', mode, ['stream', 'poll', 'off'])
  checkOneOf('revocations.fail', fail, ['open', 'closed'])
  checkNumber('revocations.maxAgeSeconds', maxAgeSeconds, 5, 3600)
  if (mode === 'off') return { feed: undefined, isFailOpen: true }
  const feed = {
    url: checkUrl('revocations.url', url, allowInsecure),
    mode,
    pollSeconds: maxAgeSeconds / 4, // two may fail before the feed is too old
    maxAgeMs: maxAgeSeconds * 1000,
  }
  return { feed, isFailOpen: fail === 'open' }
}

const below = (issuer: string, path: string) => `${issuer.replace(/\/$/, '')}${path}`
