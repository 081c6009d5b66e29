import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db.ts'
import { randomSecret } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { SECRET_BYTES, secretText } from './signature.ts'
import { listEndpoints, type StoredEndpoint, saveSealed } from './store.ts'

type SecretDeps = { clock: Clock; sealer: Sealer }

/** A new secret: as the operator is shown it, once, and as it is kept. */
export function makeSecret(
  { sealer }: Pick<SecretDeps, 'sealer'>,
  endpointId: string,
): { text: string; sealed: string } {
  const secret = randomSecret(SECRET_BYTES)
  return { text: secretText(secret), sealed: sealer.seal(secret, contextOf(endpointId)) }
}

/** Those that sign now, the latest first. */
export function secretsOf({ clock, sealer }: SecretDeps, endpoint: StoredEndpoint): Buffer[] {
  const { id, secretSealed, previousSecretSealed, previousUntil } = endpoint
  const isPreviousValid =
    previousSecretSealed !== null && (previousUntil ?? 0) > clock.now() && sealer.canOpen(previousSecretSealed)
  const sealed = isPreviousValid ? [secretSealed, previousSecretSealed] : [secretSealed]
  return sealed.map((text) => sealer.open(text, contextOf(id)))
}

/** Seals under the SECRET_KEY in use. @returns how many endpoints had secrets under another one */
export async function sealAgain({ database, sealer }: { database: Database; sealer: Sealer }): Promise<number> {
  const again = (endpoint: StoredEndpoint, sealed: string) => {
    const context = contextOf(endpoint.id)
    return sealer.seal(sealer.open(sealed, context), context)
  }
  const isOutdated = (sealed: string | null) => sealed !== null && !sealed.startsWith(`${sealer.keyId}.`)
  const outdated = (await listEndpoints(database.db)).filter(
    ({ secretSealed, previousSecretSealed }) => isOutdated(secretSealed) || isOutdated(previousSecretSealed),
  )
  for (const endpoint of outdated) {
    const { secretSealed, previousSecretSealed } = endpoint
    await saveSealed(database.db, endpoint, {
      secretSealed: again(endpoint, secretSealed),
      previousSecretSealed: previousSecretSealed === null ? null : again(endpoint, previousSecretSealed),
    })
  }
  return outdated.length
}

function contextOf(endpointId: string): string {
  return `webhook_endpoint:${endpointId}`
}
