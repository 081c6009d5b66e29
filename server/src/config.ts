/** Every setting: name, default, unit and reason. The only reader of the environment; a wrong value stops the start. */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { signatureAlgorithms } from '../../contract/algorithms.ts'
import { type DatabaseAddress, parseDatabaseUrl } from './platform/database-url.ts'
import { sessionLifetimesOf, sessionProfileNames } from './session-profiles.ts'
import { cidrList, integer, listOf, oneOf, publicUrl, type Setting, text } from './settings.ts'

const DAY = 86_400
const SECRET_KEY_CHARACTERS = 16 // an operator's old DJANGO_SECRET_KEY must not stop the move
const STRONG_SECRET_KEY_CHARACTERS = 32 // 128 bits even when they are hexadecimal; NIST SP 800-131A asks for 112

/** The table that the reference page is made from (docs/reference/config.md). */
export const settings = {
  host: {
    names: ['HOST'],
    read: text(),
    fallback: '0.0.0.0',
    reason: 'Address to listen on. `127.0.0.1` when a proxy on the same machine stands in front.',
  },
  port: {
    names: ['PORT'],
    read: integer(0, 65_535),
    fallback: '8000',
    reason: 'Port to listen on: where the gateway looks for the service. 0 = any free one.',
  },
  publicUrl: {
    names: ['PUBLIC_URL'],
    read: publicUrl,
    reason:
      'Address under which clients reach the service: the issuer (`iss`) of its tokens. Default: http://localhost:PORT.',
  },
  trustProxy: {
    names: ['TRUST_PROXY'],
    read: cidrList,
    fallback: '',
    reason: 'Proxies whose X-Forwarded-* headers are believed, as a list of addresses and CIDR ranges. Empty: nobody.',
  },
  workers: {
    names: ['WORKERS'],
    read: integer(1, 256),
    unit: 'processes',
    reason: 'Processes that answer requests. Default: one with SQLite, one per core with an external database.',
  },
  logLevel: {
    names: ['LOG_LEVEL'],
    read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'info',
    reason: 'At `debug` every verified token and health check is a line too.',
  },
  drainSeconds: {
    names: ['DRAIN_SECONDS'],
    read: integer(0, 600),
    fallback: '25',
    unit: 'seconds',
    reason: 'How long requests may take to end after SIGTERM; below the 30 s that container platforms wait.',
  },
  dataDir: {
    names: ['DATA_DIR'],
    read: text(),
    fallback: './data',
    reason: 'Folder of the embedded database and of the secret key made with it.',
  },
  databaseUrl: {
    names: ['DATABASE_URL'],
    read: parseDatabaseUrl,
    secret: true,
    reason:
      '`sqlite:FILE`, `mysql://user:password@host:port/name` or `postgres://…`; `?tls=on` encrypts. Before MYSQL_*. Default: SQLite in DATA_DIR.',
  },
  databaseConnections: {
    names: ['DATABASE_CONNECTIONS'],
    read: integer(1, 1000),
    fallback: '10',
    unit: 'connections a process',
    reason: 'Size of the pool; MariaDB and PostgreSQL accept 100 to 150 in all by default.',
  },
  mysqlDb: {
    names: ['MYSQL_DB'],
    read: text(),
    reason: "The old service's variable: database name. Setting it chooses MySQL/MariaDB.",
  },
  mysqlUser: { names: ['MYSQL_USER'], read: text(), fallback: 'root', reason: "The old service's variable." },
  mysqlPassword: {
    names: ['MYSQL_PASSWORD'],
    read: text(0),
    fallback: '',
    secret: true,
    reason: "The old service's variable.",
  },
  mysqlHost: { names: ['MYSQL_HOST'], read: text(), fallback: 'localhost', reason: "The old service's variable." },
  mysqlPort: {
    names: ['MYSQL_PORT'],
    read: integer(1, 65_535),
    fallback: '3306',
    reason: "The old service's variable.",
  },
  secretKey: {
    names: ['SECRET_KEY', 'DJANGO_SECRET_KEY'],
    read: text(SECRET_KEY_CHARACTERS),
    secret: true,
    reason:
      'Seals what is secret in the database. Required with an external database; made on the first start with the embedded one.',
  },
  otherSecretKey: {
    names: ['SECRET_KEY_OTHER'],
    read: text(SECRET_KEY_CHARACTERS),
    secret: true,
    reason: 'While SECRET_KEY is being replaced: the other one of the two. It opens, and never seals.',
  },
  signingAlgorithms: {
    names: ['SIGNING_ALGORITHMS'],
    read: listOf(...signatureAlgorithms),
    fallback: 'ES256',
    reason:
      'Algorithms with a key in the key set; the first one signs. Of ES256, EdDSA, RS256, PS256, ML-DSA-44, ML-DSA-65.',
  },
  keyRotationDays: {
    names: ['KEY_ROTATION_DAYS'],
    read: integer(1, 3650),
    fallback: '30',
    unit: 'days',
    reason: 'How long a key signs before the next one does.',
  },
  keyPublishAheadSeconds: {
    names: ['KEY_PUBLISH_AHEAD_SECONDS'],
    read: integer(0, 30 * DAY),
    fallback: '86400',
    unit: 'seconds',
    reason: 'How long a key is in the key set before it signs: longer than anybody keeps the key set.',
  },
  jwtSecretKey: {
    names: ['JWT_SECRET_KEY'],
    read: text(),
    secret: true,
    reason:
      'The key that the old service signed with (HS256). While it is set, its tokens are accepted until they expire; nothing is signed with it.',
  },
  accessTokenSeconds: {
    names: ['ACCESS_TOKEN_SECONDS'],
    read: integer(30, DAY),
    fallback: '3600',
    unit: 'seconds',
    reason: 'Lifetime of an access token, as in the old service.',
  },
  sessionProfile: {
    names: ['SESSION_PROFILE'],
    read: oneOf(...sessionProfileNames),
    fallback: 'aal1',
    reason:
      'How long sessions live, by the assurance level that the service needs (NIST SP 800-63B-4): idle and in all 1 and 30 days (`aal1`), 1 and 24 hours (`aal2`), 15 minutes and 12 hours (`aal3`).',
  },
  sessionIdleSeconds: {
    names: ['SESSION_IDLE_SECONDS', 'REFRESH_TOKEN_SECONDS'],
    read: integer(60, 365 * DAY),
    unit: 'seconds',
    reason:
      'How long a session lives without being refreshed: the lifetime of a refresh token. Default: by SESSION_PROFILE, 86400 unless that is set.',
  },
  sessionAbsoluteSeconds: {
    names: ['SESSION_ABSOLUTE_SECONDS'],
    read: integer(60, 365 * DAY),
    unit: 'seconds',
    reason:
      'How long a session lives in all, however often it is refreshed. Default: by SESSION_PROFILE, 2592000 unless that is set.',
  },
  refreshGraceSeconds: {
    names: ['REFRESH_GRACE_SECONDS'],
    read: integer(0, 60),
    fallback: '10',
    unit: 'seconds',
    reason:
      'How long a refresh token that was just rotated gets the same successor again: lost answers and racing tabs log nobody out.',
  },
  audience: {
    names: ['TOKEN_AUDIENCE'],
    read: text(),
    fallback: 'samurai',
    reason: 'The `aud` of the tokens: who they are meant for.',
  },
  verifyAccepts: {
    names: ['VERIFY_ACCEPTS'],
    read: oneOf('any', 'access'),
    fallback: 'any',
    reason: 'Token types that token/verify says yes to. `any` as the old service; `access` is stricter.',
  },
  revocationPollMs: {
    names: ['REVOCATION_POLL_MS'],
    read: integer(50, 1000),
    fallback: '400',
    unit: 'milliseconds',
    reason: 'How often each process reads which sessions ended elsewhere: tokens end everywhere within a second.',
  },
  revocationStaleSeconds: {
    names: ['REVOCATION_STALE_SECONDS'],
    read: integer(1, 3600),
    fallback: '30',
    unit: 'seconds',
    reason:
      'How long tokens are still verified from memory while the database is away; after that verify answers 503 rather than guess.',
  },
  passwordPolicy: {
    names: ['PASSWORD_POLICY'],
    read: oneOf('nist', 'legacy'),
    fallback: 'nist',
    reason: '`nist`: at least 8 characters and not a common one; `legacy`: what the old service accepted.',
  },
  argon2MemoryKib: {
    names: ['ARGON2_MEMORY_KIB'],
    read: integer(7168, 1_048_576),
    fallback: '19456',
    unit: 'KiB',
    reason: 'Argon2id memory: 19 MiB, OWASP Password Storage Cheat Sheet.',
  },
  argon2Passes: { names: ['ARGON2_PASSES'], read: integer(1, 20), fallback: '2', reason: 'Argon2id passes (t).' },
  argon2Parallelism: {
    names: ['ARGON2_PARALLELISM'],
    read: integer(1, 16),
    fallback: '1',
    reason: 'Argon2id lanes (p).',
  },
  hashQueue: {
    names: ['HASH_QUEUE'],
    read: integer(0, 10_000),
    fallback: '64',
    unit: 'requests a process',
    reason: 'Logins that wait for a free core; more are told 503 with Retry-After instead of piling up.',
  },
} as const satisfies Record<string, Setting<unknown>>

type Values = {
  [K in keyof typeof settings]: (typeof settings)[K] extends { fallback: string }
    ? ReturnType<(typeof settings)[K]['read']>
    : ReturnType<(typeof settings)[K]['read']> | undefined
}
type Resolved =
  | 'databaseUrl'
  | 'publicUrl'
  | 'workers'
  | 'secretKey'
  | 'sessionIdleSeconds'
  | 'sessionAbsoluteSeconds'
  | 'mysqlDb'
  | 'mysqlUser'
  | 'mysqlPassword'
  | 'mysqlHost'
  | 'mysqlPort'

export type Config = Omit<Values, Resolved> & {
  publicUrl: string
  workers: number
  database: DatabaseAddress
  secretKey: string
  sessionIdleSeconds: number
  sessionAbsoluteSeconds: number
  /** What an operator should know at start: unsafe or temporary choices. */
  warnings: readonly string[]
}

/** A setting is missing or wrong. The message names the variable and says what it should be. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** The process's environment; what it lacks comes from `.env` in the working folder. */
export function readEnvironment(folder = process.cwd()): Environment {
  const file = join(folder, '.env')
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...process.env } : { ...process.env }
}

/**
 * Reads, checks and freezes the configuration. On a first start with the embedded database it makes the secret key and
 * keeps it beside the database (mode 0600).
 *
 * @throws ConfigError naming every variable that is wrong
 */
export function loadConfig(environment: Environment): Config {
  const values = readValues(environment)
  refuseHalfMysql(environment, values)
  const database = databaseOf(values)
  const isEmbedded = database.kind === 'sqlite'
  const secretKey = values.secretKey ?? (isEmbedded ? embeddedSecretKey(dirname(resolve(database.file))) : undefined)
  if (!secretKey)
    throw new ConfigError(['SECRET_KEY is required with an external database: `openssl rand -hex 32` makes one'])
  const { databaseUrl, mysqlDb, mysqlUser, mysqlPassword, mysqlHost, mysqlPort, ...rest } = values
  return Object.freeze({
    ...rest,
    database,
    secretKey,
    ...sessionLifetimesOf(values),
    publicUrl: values.publicUrl ?? `http://localhost:${values.port}`,
    workers: values.workers ?? (isEmbedded ? 1 : availableParallelism()),
    warnings: warningsOf(values),
  })
}

function readValues(environment: Environment): Values {
  const problems: string[] = []
  const read = ([key, setting]: [string, Setting<unknown>]) => {
    const name = setting.names.find((candidate) => environment[candidate]) ?? setting.names[0]
    const given = environment[name] || setting.fallback
    try {
      return [key, given === undefined ? undefined : setting.read(given)]
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      problems.push(`${name} ${error.message}`)
      return [key, undefined]
    }
  }
  const values = Object.fromEntries(Object.entries(settings).map(read))
  if (problems.length > 0) throw new ConfigError(problems)
  return values as Values
}

// Falling back to an empty embedded database would look like everybody's account was gone.
function refuseHalfMysql(environment: Environment, values: Values): void {
  const given = Object.keys(environment).filter(
    (name) => /^MYSQL_(USER|PASSWORD|HOST|PORT)$/.test(name) && environment[name],
  )
  if (given.length === 0 || values.mysqlDb || values.databaseUrl) return
  throw new ConfigError([`MYSQL_DB is required when ${given.join(', ')} is set: the name of the database`])
}

function databaseOf(values: Values): DatabaseAddress {
  if (values.databaseUrl) return values.databaseUrl
  if (!values.mysqlDb) return { kind: 'sqlite', file: resolve(values.dataDir, 'samurai-auth.db') }
  const { mysqlHost: host, mysqlPort: port, mysqlUser: user, mysqlPassword: password, mysqlDb: database } = values
  return { kind: 'mysql', host, port, user, password, database, tls: false }
}

function embeddedSecretKey(folder: string): string {
  const file = join(folder, 'secret.key')
  if (!existsSync(file)) makeSecretKey(folder, file)
  const secretKey = readFileSync(file, 'utf8').trim()
  if (secretKey.length < STRONG_SECRET_KEY_CHARACTERS)
    throw new ConfigError([`${file} is damaged: restore it, or set SECRET_KEY`])
  return secretKey
}

// Written aside and linked into its place: of several processes that start at once one makes the key, and the others
// never read half of it.
function makeSecretKey(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function warningsOf(values: Values): string[] {
  const warnings: string[] = []
  if (values.passwordPolicy === 'legacy') warnings.push('PASSWORD_POLICY=legacy accepts passwords of one character')
  if (values.secretKey && values.secretKey.length < STRONG_SECRET_KEY_CHARACTERS)
    warnings.push('SECRET_KEY is short: 32 characters and more are safe')
  if (values.jwtSecretKey)
    warnings.push(
      'JWT_SECRET_KEY is set: tokens of the old service are accepted until they expire; unset it afterwards',
    )
  return warnings
}
