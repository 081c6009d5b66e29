import { base64Of, phcPbkdf2 } from './phc-text.ts'

type Values = Readonly<Record<string, unknown>>

const pbkdf2Names: Readonly<Record<string, string>> = {
  pbkdf2: 'sha1',
  'pbkdf2-sha256': 'sha256',
  'pbkdf2-sha512': 'sha512',
}

/**
 * A credential of Keycloak: the columns or members `credentialData` and `secretData`, each JSON within a text or an object.
 *
 * @param readText for hashes that Keycloak's extensions keep as a text, such as bcrypt
 */
export function readKeycloak(parameters: Values, readText: (text: string) => string | undefined): string | undefined {
  const credential = objectOf(parameters.credentialData)
  const secret = objectOf(parameters.secretData)
  const { algorithm, hashIterations: iterations } = credential
  if (typeof algorithm !== 'string' || typeof secret.value !== 'string') return undefined
  if (algorithm === 'bcrypt') return readText(secret.value)
  if (typeof secret.salt !== 'string') return undefined
  const [salt, digest] = [Buffer.from(secret.salt, 'base64'), Buffer.from(secret.value, 'base64')]
  if (algorithm === 'argon2') return argon2Text(credential, salt, digest)
  const hashName = pbkdf2Names[algorithm]
  return hashName && phcPbkdf2(hashName, Number(iterations), salt, digest)
}

function argon2Text(credential: Values, salt: Buffer, digest: Buffer): string | undefined {
  const more = objectOf(credential.additionalParameters)
  const [type, version, memory, lanes] = ['type', 'version', 'memory', 'parallelism'].map((name) => firstOf(more[name]))
  if (version !== undefined && version !== '1.3') return undefined // 0x13 of RFC 9106
  const cost = `m=${memory},t=${Number(credential.hashIterations)},p=${lanes}`
  return `argon2$argon2${type}$v=19$${cost}$${base64Of(salt)}$${base64Of(digest)}`
}

/** Keycloak keeps additional parameters as lists of one text. */
function firstOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return first === undefined || first === null ? undefined : String(first)
}

function objectOf(value: unknown): Values {
  const parsed = typeof value === 'string' ? parse(value) : value
  return typeof parsed === 'object' && parsed !== null ? (parsed as Values) : {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // as good as nothing: the hash cannot be checked, and is reported so
  }
}
