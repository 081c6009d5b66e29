import type { Passkey, PasskeyView } from './passkey.ts'

/** A passkey as its owner may see it. */
export function viewOf(passkey: Passkey): PasskeyView {
  const { publicKey: _publicKey, signatureCount: _signatureCount, userId: _userId, ...view } = passkey
  return view
}
