/** Tokens as the old service signed them: HS256 under JWT_SECRET_KEY. */
import { createHmac, randomBytes } from 'node:crypto'
import type { TestServer } from './start-server.ts'

export const OLD_KEY = 'the key that the old service signed with'

export type OldTokenOptions = { key?: string; header?: object }

/** What the old service put into a token of this user, issued now; `changes` replaces claims, `undefined` leaves one out. */
export function oldClaims(
  { clock }: Pick<TestServer, 'clock'>,
  userId: number,
  type: 'access' | 'refresh',
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  const iat = clock.seconds()
  const lifetime = type === 'access' ? 3600 : 86_400
  const jti = randomBytes(16).toString('hex')
  return { token_type: type, exp: iat + lifetime, iat, jti, user_id: userId, ...changes }
}

/** @param payload claims, or text that stands where they should */
export function signOld(payload: object | string, { key = OLD_KEY, header = {} }: OldTokenOptions = {}): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${Buffer.from(text).toString('base64url')}`
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
