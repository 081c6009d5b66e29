import type { AuthClass, AuthMethod, SessionFacts, TokenClaims, TokenType } from '../../../../contract/claims.ts'
import { createTokenCache } from '../../../../sdk/verify/src/token-cache.ts'
import type { Keys } from '../keys/keys.ts'
import { legacySessionId, readLegacyToken } from './legacy-token.ts'
import { tokenRefused } from './token-refusal.ts'
import { decodeObject, MAX_TOKEN_CHARACTERS, splitToken } from './token-text.ts'

/** What a token says, its signature checked. Times in whole seconds. */
export type ReadToken = {
  tokenType: TokenType
  tokenId: string
  userId: number
  issuedAt: number
  expiresAt: number
  /** Absent from access tokens of the old service: they name no session. */
  sessionId: string | undefined
  isLegacy: boolean
  /** How the session was proven when the token was made; empty where nothing is known. */
  amr: readonly AuthMethod[]
  acr: AuthClass
  /** In whole seconds; undefined where nothing is known. */
  authTime: number | undefined
  /** What a refresh token says of its session's row; absent from those of the old service and of earlier releases. */
  facts: SessionFacts | undefined
}

export type ReadTokenDeps = {
  keys: Pick<Keys, 'findKey' | 'ringNumber'>
  issuer: string
  audience: string
  legacySecretKey: string | undefined
}

export type TokenReader = {
  /** @throws Refusal 'token-refused' */
  read(token: string): ReadToken
  /** What it says, if its signature was checked before. */
  recall(token: string): ReadToken | undefined
}

/** Fewer by far are in use within the minutes in which it would pay. */
export const REMEMBERED_TOKENS = 20_000 // of about 1 kB each: 20 MB at the most

/**
 * Makes what reads a token: signature, issuer, audience and shape. Access tokens whose signature was found good
 * are remembered (a signature does not go bad); whether the token has expired or its session has ended is never remembered.
 * A refresh token is shown once: remembering it would only push others out.
 */
export function createTokenReader(deps: ReadTokenDeps): TokenReader {
  const known = createTokenCache<ReadToken>(REMEMBERED_TOKENS)
  let ringNumber = deps.keys.ringNumber()

  // A key that was retired must take its tokens along.
  function forgetOldRing(): void {
    if (deps.keys.ringNumber() === ringNumber) return
    ringNumber = deps.keys.ringNumber()
    known.clear()
  }

  function recall(token: string): ReadToken | undefined {
    forgetOldRing()
    return token.length <= MAX_TOKEN_CHARACTERS ? known.find(token) : undefined // finding reads all of it
  }

  return {
    recall,
    read(token) {
      const remembered = recall(token)
      if (remembered) return remembered
      const read = readToken(token, deps)
      if (read.tokenType === 'access') known.add(token, read)
      return read
    },
  }
}

const NOTHING = { amr: [], acr: 'aal1', authTime: undefined, facts: undefined } as const

function readToken(token: string, deps: ReadTokenDeps): ReadToken {
  const parts = splitToken(token)
  if (!parts) throw tokenRefused('invalid')
  const isSigned = deps.keys.findKey(parts.encodedHeader)
  if (!isSigned) return fromLegacy(readLegacyToken(parts, deps.legacySecretKey))
  if (!isSigned(parts.input, parts.signature)) throw tokenRefused('invalid')
  const claims = decodeObject(parts.encodedPayload) as TokenClaims | undefined
  // RFC 8725 §3.8, §3.9: issuer and audience are ours, though the signature says so already.
  if (claims?.iss !== deps.issuer || claims.aud !== deps.audience) throw tokenRefused('invalid')
  return fromClaims(claims)
}

/** What the claims of a token of ours say. */
export function fromClaims(claims: TokenClaims): ReadToken {
  return {
    tokenType: claims.token_type,
    tokenId: claims.jti,
    userId: claims.user_id,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    sessionId: claims.sid,
    isLegacy: false,
    amr: claims.amr ?? NOTHING.amr,
    acr: claims.acr ?? NOTHING.acr,
    authTime: claims.auth_time,
    facts: claims.facts,
  }
}

function fromLegacy(claims: ReturnType<typeof readLegacyToken>): ReadToken {
  const sessionId = claims.tokenType === 'refresh' ? legacySessionId(claims.tokenId) : undefined
  return { ...claims, sessionId, isLegacy: true, ...NOTHING }
}
