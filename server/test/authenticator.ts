/**
 * An authenticator in software (WebAuthn §6) with the browser in front of it, as far as a relying party sees them: it makes
 * passkeys and uses them, and tells lies where a test wants it to.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** Flags of authenticator data (§6.1). */
export const flags = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40 }

export type Lies = {
  origin?: string
  rpId?: string
  type?: string
  challenge?: string
  crossOrigin?: boolean
  topOrigin?: string
  flags?: number
  counter?: number
  userHandle?: string | undefined
  /** Of the credential that it says it is. */
  id?: string
}

export type Key = {
  id: string
  privateKey: KeyObject
  publicKey: KeyObject
  rpId: string
  userHandle: string
  counter: number
}

type CreationOptions = { challenge: string; rp: { id: string }; user: { id: string } }
type RequestOptions = { challenge: string }

export type Authenticator = {
  keys: Key[]
  /** `navigator.credentials.create()` */
  create(options: CreationOptions, lies?: Lies): Record<string, unknown>
  /** `navigator.credentials.get()` with the newest key, or another one. */
  get(options: RequestOptions, lies?: Lies, key?: Key): Record<string, unknown>
}

/**
 * @param always flags of all that it says; by default the user is verified and the passkey is synchronised
 * @param id of the passkeys that it makes, by default a new one each time
 */
export function createAuthenticator(
  origin: string,
  always = flags.UP | flags.UV | flags.BE | flags.BS,
  id?: string,
): Authenticator {
  const keys: Key[] = []
  return {
    keys,
    create(options, lies = {}) {
      const key = makeKey(options, id)
      keys.push(key)
      const attested = Buffer.concat([Buffer.alloc(16), uint16(32), Buffer.from(key.id, 'base64url'), coseKeyOf(key)])
      const authData = Buffer.concat([authenticatorData(key, (lies.flags ?? always) | flags.AT, lies), attested])
      return credential(lies.id ?? key.id, {
        clientDataJSON: clientData('webauthn.create', options.challenge, origin, lies),
        attestationObject: attestationObject(authData).toString('base64url'),
        transports: ['internal', 'hybrid'],
      })
    },
    get(options, lies = {}, key = keys.at(-1)) {
      if (!key) throw new TypeError('the authenticator has no passkey')
      const clientDataJSON = clientData('webauthn.get', options.challenge, origin, lies)
      const authData = authenticatorData(key, lies.flags ?? always, lies)
      const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))])
      return credential(lies.id ?? key.id, {
        clientDataJSON,
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, key.privateKey).toString('base64url'),
        userHandle: 'userHandle' in lies ? lies.userHandle : key.userHandle,
      })
    },
  }
}

function makeKey({ rp, user }: CreationOptions, id = randomBytes(32).toString('base64url')): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { id, privateKey, publicKey, rpId: rp.id, userHandle: user.id, counter: 0 }
}

function credential(id: string, response: Record<string, unknown>): Record<string, unknown> {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
}

function clientData(type: string, challenge: string, origin: string, lies: Lies): string {
  const data = {
    type: lies.type ?? type,
    challenge: lies.challenge ?? challenge,
    origin: lies.origin ?? origin,
    crossOrigin: lies.crossOrigin ?? false,
    ...(lies.topOrigin && { topOrigin: lies.topOrigin }),
  }
  return Buffer.from(JSON.stringify(data)).toString('base64url')
}

function authenticatorData(key: Key, flagBits: number, { rpId = key.rpId, counter = key.counter }: Lies): Buffer {
  return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.from([flagBits]), uint32(counter)])
}

/** COSE_Key of P-256 (RFC 9053 §7.1.1), in CBOR: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
function coseKeyOf({ publicKey }: Key): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const head = Buffer.from('a5010203262001215820', 'hex')
  return Buffer.concat([head, Buffer.from(x, 'base64url'), Buffer.from('225820', 'hex'), Buffer.from(y, 'base64url')])
}

/** CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes}. */
function attestationObject(authData: Buffer): Buffer {
  const head = Buffer.from('a363666d74646e6f6e656761747453746d74a0686175746844617461', 'hex')
  return Buffer.concat([head, Buffer.from([0x59]), uint16(authData.length), authData])
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
