import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { readClientData } from './client-data.ts'
import type { Passkey } from './passkey.ts'
import type { Verifying } from './verify-registration.ts'

/** What a verified assertion says of its passkey now. */
export type Asserted = { signatureCount: number; isBackedUp: boolean; isBackupEligible: boolean }

/** Verifies an assertion (WebAuthn §7.2) but for the signature counter; undefined when anything is not as it must be. */
export async function verifyAssertion({
  response,
  challenge,
  relyingParty,
  requireUserVerification,
  passkey,
}: Verifying & { passkey: Pick<Passkey, 'credentialId' | 'publicKey'> }): Promise<Asserted | undefined> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  // §7.2 step 14: nobody embeds our pages. The library lets it pass where a browser names no top origin.
  if (readClientData(response)?.isCrossOrigin !== false) return undefined
  const verified = await verifyAuthenticationResponse({
    response: response as AuthenticationResponseJSON, // it checks each member that it reads
    expectedChallenge: challenge,
    expectedOrigin: [...relyingParty.origins],
    expectedRPID: relyingParty.id,
    requireUserVerification,
    credential: {
      id: passkey.credentialId,
      publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
      counter: 0, // any is right here: it is compared before the signature, so that anybody could seem to be a clone
    },
  }).catch(() => undefined) // it throws a sentence for each thing that is wrong
  if (!verified?.verified) return undefined
  const { newCounter, credentialBackedUp, credentialDeviceType } = verified.authenticationInfo
  return {
    signatureCount: newCounter,
    isBackedUp: credentialBackedUp,
    isBackupEligible: credentialDeviceType === 'multiDevice',
  }
}
