/** A passkey: a discoverable public key credential (WebAuthn §4). All bytes are base64url texts. */
export type Passkey = {
  id: string
  userId: number
  credentialId: string
  publicKey: string
  /** The relying party that it was made for, and the only one that it works for. */
  rpId: string
  /** How often the authenticator says that it was used; 0 when it does not count. */
  signatureCount: number
  /** Whether it may be copied to other devices. */
  isBackupEligible: boolean
  /** Whether it has been, as of its last use. */
  isBackedUp: boolean
  /** Ways in which a browser may reach it, in the browser's words. */
  transports: readonly string[]
  aaguid: string
  /** Given by the user. */
  name: string
  /** Milliseconds since the epoch. */
  createdAt: number
  lastUsedAt: number | null
}

/** What a verified registration brings. */
export type NewPasskey = Omit<Passkey, 'id' | 'createdAt' | 'lastUsedAt'>

/** What its owner may see. */
export type PasskeyView = Omit<Passkey, 'publicKey' | 'signatureCount' | 'userId'>

/** The service as authenticators know it. */
export type RelyingParty = {
  /** A domain (WebAuthn §5.1.2). Passkeys are bound to it for good. */
  id: string
  name: string
  /** Origins whose pages may use its passkeys: the service's own first, then related ones (§5.11). */
  origins: readonly [string, ...string[]]
}
