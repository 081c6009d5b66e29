import type { ChainEnd } from '../events/events.ts'
import { readSigned } from '../keys/keys.ts'

/** `typ` of a checkpoint: no token of ours passes for one (RFC 8725 §3.11). */
export const CHECKPOINT_TYPE = 'checkpoint+jwt'
/** `typ` of a statement of retention: nor does a checkpoint pass for it. */
export const RETENTION_TYPE = 'retention+jwt'

/**
 * What was signed. As a checkpoint: at this time the chain had this hash at this sequence. As a statement of retention: all events
 * up to this sequence were removed at this time because they were old, and the chain had this hash there.
 */
export type Statement = ChainEnd & { iss: string; iat: number }

/** Signed so often that little is unwitnessed, so rarely that it costs nothing: one signature for so many events. */
export const EVENTS_A_CHECKPOINT = 1000

/** Whether it is time to sign: many events after the last one, or some after a while. */
export function isDue(
  end: ChainEnd,
  last: { sequence: number; signedAt: number },
  { now, everyMs }: { now: number; everyMs: number },
): boolean {
  if (end.sequence <= last.sequence) return false
  return end.sequence - last.sequence >= EVENTS_A_CHECKPOINT || now - last.signedAt >= everyMs
}

/** The `kid` that a statement names. Nothing of it is true yet. */
export function keyIdOf(jws: string): string | undefined {
  try {
    const { kid } = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString())
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}

/** @returns undefined when the key did not sign it, or something else */
export function readStatement(jws: string, publicJwk: string, type: string): Statement | undefined {
  const claims = readSigned(jws, publicJwk, type) as Partial<Statement> | undefined
  const isWhole =
    Number.isSafeInteger(claims?.sequence) && Number.isSafeInteger(claims?.iat) && typeof claims?.hash === 'string'
  return isWhole ? (claims as Statement) : undefined
}
