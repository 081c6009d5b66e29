import { base64Of } from './phc-text.ts'

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/ // the console shows one alphabet, an export may have the other

/**
 * A hash of Firebase Authentication with the parameters of its project ("password hash parameters" in the console), as
 * `$firebase-scrypt$ln=14,r=8,p=1$salt$key stream`; see `firebaseScryptRecipe`.
 */
export function readFirebase(text: string, parameters: Readonly<Record<string, unknown>>): string | undefined {
  const { rounds, mem_cost: memoryCost } = parameters
  const hash = bytesOf(text)
  const signerKey = bytesOf(parameters.signer_key)
  const salt = bytesOf(parameters.salt)
  const separator = parameters.salt_separator === '' ? Buffer.alloc(0) : bytesOf(parameters.salt_separator)
  if (!hash || !signerKey || !salt || !separator || hash.length !== signerKey.length) return undefined
  const keyStream = hash.map((byte, index) => byte ^ (signerKey[index] ?? 0))
  const name = `firebase-scrypt$ln=${Number(memoryCost)},r=${Number(rounds)},p=1`
  return `$${name}$${base64Of(Buffer.concat([salt, separator]))}$${base64Of(Buffer.from(keyStream))}`
}

function bytesOf(value: unknown): Buffer | undefined {
  return typeof value === 'string' && BASE64.test(value) ? Buffer.from(value, 'base64') : undefined
}
