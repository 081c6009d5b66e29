/** The only reader of the environment: a wrong value stops the start. Every setting is in settings/, with its default, unit and reason. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'
import { notesOf, warningsOf } from './config-warnings.ts'
import { embeddedSecretKey } from './embedded-secret-key.ts'
import type { DatabaseAddress } from './platform/database-url.ts'
import { MAIL_FROM_MISSING, type MailMode, mailModeOf } from './settings/mail.ts'
import { passwordFaults } from './settings/passwords.ts'
import { type RelyingPartySettings, relyingPartyOf } from './settings/relying-party.ts'
import { sessionLifetimesOf } from './settings/session-profiles.ts'
import type { Setting } from './settings/setting.ts'
import { signInFaults } from './settings/sign-in.ts'
import { settings } from './settings/table.ts'
import { testModeFaults } from './settings/test-mode.ts'

export { ConfigError } from './config-error.ts'

type Values = {
  [K in keyof typeof settings]: (typeof settings)[K] extends { fallback: string }
    ? ReturnType<(typeof settings)[K]['read']>
    : ReturnType<(typeof settings)[K]['read']> | undefined
}
type Resolved =
  | 'databaseUrl'
  | 'publicUrl'
  | 'workers'
  | 'testMode'
  | 'testModeAnywhere'
  | 'testCode'
  | 'secretKey'
  | 'sessionIdleSeconds'
  | 'sessionAbsoluteSeconds'
  | 'mysqlDb'
  | 'mysqlUser'
  | 'mysqlPassword'
  | 'mysqlHost'
  | 'mysqlPort'
  | 'webauthnRpId'
  | 'webauthnRpName'
  | 'webauthnRelatedOrigins'

export type Config = Omit<Values, Resolved> & {
  publicUrl: string
  workers: number
  database: DatabaseAddress
  secretKey: string
  /** What becomes of mails. */
  mailMode: MailMode
  relyingParty: RelyingPartySettings
  /** Null: off. `/test/*` answers this machine only unless `isAnywhere`; without `code` codes of mails are made by chance. */
  testMode: { isAnywhere: boolean; code: string | undefined } | null
  sessionIdleSeconds: number
  sessionAbsoluteSeconds: number
  /** What an operator should know at start: unsafe or temporary choices. */
  warnings: readonly string[]
  /** What an operator should know at start: what a choice means. */
  notes: readonly string[]
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
  const faults = [...passwordFaults(values), ...testModeFaults({ ...values, database })]
  if (faults.length > 0) throw new ConfigError(faults) // before anything is made beside a database
  const secretKey = values.secretKey ?? (isEmbedded ? embeddedSecretKey(dirname(resolve(database.file))) : undefined)
  if (!secretKey)
    throw new ConfigError(['SECRET_KEY is required with an external database: `openssl rand -hex 32` makes one'])
  const { databaseUrl, mysqlDb, mysqlUser, mysqlPassword, mysqlHost, mysqlPort, ...others } = values
  const {
    webauthnRpId,
    webauthnRpName,
    webauthnRelatedOrigins,
    testMode: isTested,
    testModeAnywhere,
    testCode,
    ...rest
  } = others
  const testMode = isTested === '1' ? { isAnywhere: testModeAnywhere === '1', code: testCode } : null
  const publicUrl = values.publicUrl ?? `http://localhost:${values.port}`
  if (values.smtpUrl && !values.mailFrom) throw new ConfigError([MAIL_FROM_MISSING])
  const mailMode = mailModeOf(values)
  const signIn = signInFaults({ ...values, mailMode })
  if (signIn.length > 0) throw new ConfigError(signIn)
  return Object.freeze({
    ...rest,
    testMode,
    mailMode,
    database,
    secretKey,
    ...sessionLifetimesOf(values),
    publicUrl,
    relyingParty: readRelyingParty(publicUrl, values),
    workers: testMode ? 1 : (values.workers ?? (isEmbedded ? 1 : availableParallelism())), // one clock to move
    warnings: warningsOf(values),
    notes: notesOf(values),
  })
}

function readRelyingParty(publicUrl: string, values: Values): RelyingPartySettings {
  const { webauthnRpId: id, webauthnRpName: name = values.serviceName, webauthnRelatedOrigins: relatedOrigins } = values
  try {
    return relyingPartyOf(publicUrl, { id, name, relatedOrigins })
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigError([`WEBAUTHN_RP_ID ${error.message}`])
    throw error
  }
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
