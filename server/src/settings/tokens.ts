/** Signing keys, tokens, sessions and their end. */
import { signatureAlgorithms } from '../../../contract/algorithms.ts'
import { sessionProfileNames } from './session-profiles.ts'
import { integer, listOf, oneOf, type Setting, text } from './setting.ts'

const DAY = 86_400

export const tokenSettings = {
  signingAlgorithms: {
    names: ['SIGNING_ALGORITHMS'],
    read: listOf(...signatureAlgorithms),
    fallback: 'ES256',
    reason:
      'Algorithms with a key in the key set; the first one signs. Of ES256, EdDSA, RS256, PS256, ML-DSA-44, ML-DSA-65.',
  },
  keyRotationDays: {
    names: ['KEY_ROTATION_DAYS'],
    read: integer(1, 3650),
    fallback: '30',
    unit: 'days',
    reason: 'How long a key signs before the next one does.',
  },
  keyPublishAheadSeconds: {
    names: ['KEY_PUBLISH_AHEAD_SECONDS'],
    read: integer(0, 30 * DAY),
    fallback: '86400',
    unit: 'seconds',
    reason: 'How long a key is in the key set before it signs: longer than anybody keeps the key set.',
  },
  jwtSecretKey: {
    names: ['JWT_SECRET_KEY'],
    read: text(),
    secret: true,
    reason:
      'The key that the old service signed with (HS256). While it is set, its tokens are accepted until they expire; nothing is signed with it.',
  },
  accessTokenSeconds: {
    names: ['ACCESS_TOKEN_SECONDS'],
    read: integer(30, DAY),
    fallback: '3600',
    unit: 'seconds',
    reason: 'Lifetime of an access token, as in the old service.',
  },
  sessionProfile: {
    names: ['SESSION_PROFILE'],
    read: oneOf(...sessionProfileNames),
    fallback: 'aal1',
    reason:
      'How long sessions live, by the assurance level that the service needs (NIST SP 800-63B-4): idle and in all 1 and 30 days (`aal1`), 1 and 24 hours (`aal2`), 15 minutes and 12 hours (`aal3`).',
  },
  sessionIdleSeconds: {
    names: ['SESSION_IDLE_SECONDS', 'REFRESH_TOKEN_SECONDS'],
    read: integer(60, 365 * DAY),
    unit: 'seconds',
    reason:
      'How long a session lives without being refreshed: the lifetime of a refresh token. Lower it just after keys have rotated (docs/runbooks/rotate-keys.md). Default: by SESSION_PROFILE, 86400 unless that is set.',
  },
  sessionAbsoluteSeconds: {
    names: ['SESSION_ABSOLUTE_SECONDS'],
    read: integer(60, 365 * DAY),
    unit: 'seconds',
    reason:
      'How long a session lives in all, however often it is refreshed. Default: by SESSION_PROFILE, 2592000 unless that is set.',
  },
  refreshGraceSeconds: {
    names: ['REFRESH_GRACE_SECONDS'],
    read: integer(0, 60),
    fallback: '10',
    unit: 'seconds',
    reason:
      'How long a refresh token that was just rotated gets the same successor again: lost answers and racing tabs log nobody out.',
  },
  audience: {
    names: ['TOKEN_AUDIENCE'],
    read: text(),
    fallback: 'samurai',
    reason: 'The `aud` of the tokens: who they are meant for.',
  },
  verifyAccepts: {
    names: ['VERIFY_ACCEPTS'],
    read: oneOf('any', 'access'),
    fallback: 'any',
    reason: 'Token types that token/verify says yes to. `any` as the old service; `access` is stricter.',
  },
  revocationPollMs: {
    names: ['REVOCATION_POLL_MS'],
    read: integer(50, 500),
    fallback: '400',
    unit: 'milliseconds',
    reason:
      'How often each process reads which sessions ended elsewhere, and which keys sign: a read has as long again to be answered, so that tokens end everywhere within a second.',
  },
  revocationStaleSeconds: {
    names: ['REVOCATION_STALE_SECONDS'],
    read: integer(1, 3600),
    fallback: '30',
    unit: 'seconds',
    reason:
      'How long tokens are still verified from memory while the database is away; after that verify answers 503 rather than guess.',
  },
} as const satisfies Record<string, Setting<unknown>>
