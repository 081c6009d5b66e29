/** Signs people in to SamurAI Auth from a browser, keeps them signed in, and sends their access token along. */
export type { PasskeyOptions } from './answers.ts'
export { AuthError, type AuthErrorCode, type MfaMethod } from './auth-error.ts'
export type { AuthorizedFetch } from './authorized-fetch.ts'
export {
  type Client,
  type ClientOptions,
  type Credentials,
  createClient,
  type Registration,
  type SecondFactor,
} from './client.ts'
export type { LogoutOutcome } from './end-session.ts'
export type { SessionState, SessionView, SignedOutReason, UnknownReason } from './session-state.ts'
