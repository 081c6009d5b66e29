/** What the entries of the store mean: which session is stored, its newest refresh token, who shows it. */
import type { Entries } from './entries.ts'
import { readClaims } from './token-claims.ts'

export type StoredSession = {
  readonly sessionId: string
  readonly userId: number
  readonly refreshToken: string
  /** How often the session was rotated, plus one. */
  readonly generation: number
}

type Generation = Pick<StoredSession, 'sessionId' | 'generation'>

const VERSION = 1 // what another version of this package wrote is nobody's session

/** Which session is stored: tokens of another one were written by a tab that had not heard of its end. */
export const currentKey = 'current'
export const currentValue = ({ sessionId }: StoredSession) => ({ v: VERSION, sessionId })

export const tokenKey = (of: Generation): string => `token/${of.sessionId}/${of.generation}`

/** `round`: how often a tab has said that it shows the token of this generation, counted from 1. */
export const claimKey = (of: Generation, round: number): string => `${claimsOf(of)}${round}`

const claimsOf = (of: Generation) => `claim/${of.sessionId}/${of.generation}/`

/** The stored session with its newest refresh token; undefined: there is none that this version of the package knows. */
export function findSession(entries: Entries): StoredSession | undefined {
  const { v, sessionId } = Object(entries.get(currentKey))
  if (v !== VERSION || typeof sessionId !== 'string') return undefined
  const newest = numbersBelow(entries, `token/${sessionId}/`).at(-1)
  const refreshToken = newest && entries.get(tokenKey({ sessionId, generation: newest }))
  const session = typeof refreshToken === 'string' && newest ? toStoredSession(refreshToken, newest) : undefined
  return session?.sessionId === sessionId ? session : undefined
}

/** The last claim to the refresh token of a generation. */
export function readClaim(entries: Entries, of: Generation): { round: number; mark: string } | undefined {
  const round = numbersBelow(entries, claimsOf(of)).at(-1)
  return round === undefined ? undefined : { round, mark: String(entries.get(claimKey(of, round))) }
}

/** Tokens and claims that are not of the newest generation. Which session is stored is for `open` and `clear` to say. */
export function staleKeys(entries: Entries): string[] {
  const session = findSession(entries)
  const isFresh = (key: string) =>
    session !== undefined && (key === tokenKey(session) || key.startsWith(claimsOf(session)))
  return [...entries.keys()].filter((key) => key !== currentKey && !isFresh(key))
}

/** Undefined when it is no refresh token of the service. */
export function toStoredSession(refreshToken: string, generation: number): StoredSession | undefined {
  const claims = readClaims(refreshToken)
  return claims && { sessionId: claims.sid, userId: claims.user_id, refreshToken, generation }
}

/** What follows a prefix in the keys, as numbers in ascending order. */
function numbersBelow(entries: Entries, prefix: string): number[] {
  return [...entries.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => Number(key.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a - b)
}
