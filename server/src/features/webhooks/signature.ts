import { createHmac } from 'node:crypto'

/** What a secret begins with as it is shown (Standard Webhooks 1.0, "Signature scheme"). */
const PREFIX = 'whsec_'

/** Standard Webhooks: 24 to 64 random bytes. */
export const SECRET_BYTES = 32

export function secretText(secret: Buffer): string {
  return `${PREFIX}${secret.toString('base64')}`
}

/**
 * The three headers of Standard Webhooks 1.0: the id is the same in every attempt, the time is that of this one, and there is
 * a signature by each secret that is valid now, so that a receiver may still know the one before.
 */
export function signedHeaders(
  secrets: readonly Buffer[],
  { id, seconds, body }: { id: string; seconds: number; body: string },
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`)
    return `v1,${mac.digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': signatures.join(' ') }
}
