import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { memberOf, readClientData } from './client-data.ts'
import type { NewPasskey, RelyingParty } from './passkey.ts'

/** COSE algorithms (RFC 9053, RFC 8812): what every authenticator has one of, EdDSA first. */
export const ALGORITHMS: readonly number[] = [-8, -7, -257]

const CREDENTIAL_ID_CHARACTERS = 1364 // WebAuthn §7.1 step 25: 1023 bytes
const TRANSPORTS_CHARACTERS = 255
const TRANSPORT = /^[a-z0-9-]{1,20}$/ // §5.8.4: unknown words are kept, for a browser that knows them

export type Verifying = {
  /** `PublicKeyCredential.toJSON()`, as it came. */
  response: unknown
  challenge: string
  relyingParty: RelyingParty
  requireUserVerification: boolean
}

export type Registered = Omit<NewPasskey, 'userId' | 'name'>

/** Verifies a registration (WebAuthn §7.1); undefined when anything about it is not as it must be. */
export async function verifyRegistration(verifying: Verifying): Promise<Registered | undefined> {
  const { response, challenge, relyingParty, requireUserVerification } = verifying
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  // §7.1 step 11: nobody embeds our pages, and the library does not look at it here.
  if (readClientData(response)?.isCrossOrigin !== false) return undefined
  if (!(await isUnattested(response))) return undefined
  const verified = await verifyRegistrationResponse({
    response: response as RegistrationResponseJSON, // it checks each member that it reads
    expectedChallenge: challenge,
    expectedOrigin: [...relyingParty.origins],
    expectedRPID: relyingParty.id,
    requireUserVerification,
    supportedAlgorithmIDs: [...ALGORITHMS],
  }).catch(() => undefined) // it throws a sentence for each thing that is wrong, also for bytes that are no CBOR
  if (!verified?.registrationInfo) return undefined
  const { credential, credentialDeviceType, credentialBackedUp, aaguid } = verified.registrationInfo
  // The signed id counts, not the one beside it.
  if (credential.id !== memberOf(response, 'id') || credential.id.length > CREDENTIAL_ID_CHARACTERS) return undefined
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    rpId: relyingParty.id,
    signatureCount: credential.counter,
    isBackupEligible: credentialDeviceType === 'multiDevice',
    isBackedUp: credentialBackedUp,
    transports: readTransports(memberOf(memberOf(response, 'response'), 'transports')),
    aaguid,
  }
}

/**
 * No attestation is asked for, so none is read: a browser leaves at most the authenticator's own signature in (§5.4.7,
 * "none"). Certificates come from whoever wants ours to be parsed, and chains of them may name addresses to fetch.
 */
async function isUnattested(response: unknown): Promise<boolean> {
  const encoded = memberOf(memberOf(response, 'response'), 'attestationObject')
  if (typeof encoded !== 'string') return false
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  try {
    const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(encoded, 'base64url')))
    const format = decoded.get('fmt')
    return format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)
  } catch {
    return false
  }
}

function readTransports(given: unknown): string[] {
  if (!Array.isArray(given)) return []
  const words = new Set(given.filter((word) => typeof word === 'string' && TRANSPORT.test(word)))
  const kept = [...words].slice(0, 10)
  return kept.join(',').length > TRANSPORTS_CHARACTERS ? [] : kept
}
