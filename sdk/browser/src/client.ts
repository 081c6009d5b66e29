import { type PasskeyOptions, readLoginAnswer, readPasskeyOptions, readRegisterAnswer } from './answers.ts'
import { type AuthorizedFetch, createAuthorizedFetch } from './authorized-fetch.ts'
import { createCall } from './calls.ts'
import { readClocks } from './device-time.ts'
import type { LogoutOutcome } from './end-session.ts'
import { baseAddress, ownOrigin } from './page.ts'
import { createSession } from './session.ts'
import type { SessionView } from './session-state.ts'

export type ClientOptions = {
  /** Address of the service, also relative to the page: `https://auth.example.com`, `/`. */
  readonly baseUrl: string
  /**
   * Where the refresh token lives. `local` (default): a database that all tabs share, so that people stay signed in.
   * `memory`: this tab only; it is signed out when it is reloaded, and so is every other tab for itself.
   */
  readonly storage?: 'local' | 'memory'
  /** The name of that database: another one for a second client on the same origin. Default `samurai-auth`. */
  readonly storageKey?: string
  /** Origins that `fetch` sends the access token to, instead of the page's own and the service's. */
  readonly origins?: readonly string[]
}

export type Credentials = { readonly email: string; readonly password: string }
export type Registration = Credentials & { readonly firstName?: string; readonly lastName?: string }

/** What finishes a login that rejected with `mfa-required`. */
export type SecondFactor = { readonly mfaToken: string } & (
  | { /** Of the app, or a recovery code. */ readonly code: string }
  | { /** `toJSON()` of what `navigator.credentials.get()` gave for `passkeyOptions`. */ readonly credential: object }
)

export type Client = {
  readonly session: SessionView
  /** `memory` although `local` was asked for: the browser keeps nothing for this page. */
  readonly storage: 'local' | 'memory'
  /**
   * @throws AuthError 'wrong-credentials', 'mfa-required' with `mfaToken` and `methods`, 'fields-refused', 'offline', 'unavailable'
   */
  login(credentials: Credentials): Promise<void>
  /**
   * Finishes a login with a second factor.
   *
   * @throws AuthError 'second-factor-refused': another try may follow; 'mfa-token-refused': log in again; 'fields-refused',
   *   'offline', 'unavailable'
   */
  finishLogin(factor: SecondFactor): Promise<void>
  /**
   * What to ask the browser for when a passkey is the second factor: for `PublicKeyCredential.parseRequestOptionsFromJSON`.
   *
   * @throws AuthError 'mfa-token-refused', 'offline', 'unavailable'
   */
  passkeyOptions(mfaToken: string): Promise<PasskeyOptions>
  /** Makes a user and signs nobody in. @throws AuthError 'fields-refused', 'offline', 'unavailable' */
  register(registration: Registration): Promise<void>
  /** Forgets the tokens in all tabs at once, then ends the session at the service. */
  logout(): Promise<LogoutOutcome>
  /** `fetch` with the access token. @throws AuthError, and what `fetch` throws; TypeError for an origin that is not listed */
  fetch: AuthorizedFetch
  /** A token that can be used now; undefined: signed out. @throws AuthError 'offline', 'unavailable' */
  getAccessToken(): Promise<string | undefined>
  /** A new access token although the present one is good: when the user's rights have changed. Throws as above. */
  refresh(): Promise<string | undefined>
  /** Lets go of the page: no timers, no listeners. The session stays. */
  close(): void
}

const DEFAULT_KEY = 'samurai-auth'
const ANY_ADDRESS = 'https://localhost' // rendered on a server, a relative address counts from nothing yet

/** @throws TypeError for an address that is none */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, storageKey = DEFAULT_KEY } = options
  if (!URL.canParse(baseUrl, baseAddress() ?? ANY_ADDRESS)) throw new TypeError(`${baseUrl} is no address`)
  const origins = options.origins?.map(checkOrigin) ?? defaultOrigins(baseUrl)
  const call = createCall(baseUrl)
  const session = createSession(call, options.storage !== 'memory', storageKey)
  return {
    session: session.view,
    get storage() {
      return session.storage()
    },
    async login({ email, password }) {
      const since = readClocks()
      await session.open(readLoginAnswer(await call('/api/login', { email, password })), since)
    },
    async finishLogin({ mfaToken, ...proof }) {
      const since = readClocks()
      await session.open(readLoginAnswer(await call('/api/login/mfa', { mfa_token: mfaToken, ...proof })), since)
    },
    async passkeyOptions(mfaToken) {
      return readPasskeyOptions(await call('/api/login/mfa/passkey', { mfa_token: mfaToken }))
    },
    async register({ email, password, firstName = '', lastName = '' }) {
      const body = { email, password, first_name: firstName, last_name: lastName }
      readRegisterAnswer(await call('/api/register', body))
    },
    logout: session.logout,
    fetch: createAuthorizedFetch(session, origins),
    getAccessToken: session.token,
    refresh: () => session.renew(),
    close: session.close,
  }
}

function defaultOrigins(baseUrl: string): string[] {
  const own = ownOrigin()
  const service = URL.canParse(baseUrl) ? [new URL(baseUrl).origin] : []
  return own ? [own, ...service] : service
}

/** Written as the browser writes it: what does not look like an origin would match nothing. */
function checkOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin
  throw new TypeError(`${origin} is no origin such as https://api.example.com`)
}
