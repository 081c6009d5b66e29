/** The command line: `samurai-auth <command>`. The table below is all that it knows. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refusalCodes } from '../../../contract/problems.ts'
import { compose, type Service } from '../compose.ts'
import { type Config, ConfigError, loadConfig, readEnvironment } from '../config.ts'
import type { Lifecycle } from '../features/lifecycle/lifecycle.ts'
import type { ServerAddress } from '../platform/database-url.ts'
import { type Database, openDatabase } from '../platform/db.ts'
import { createLogger } from '../platform/logger.ts'
import { migrationStatus } from '../platform/migrate.ts'
import { Refusal } from '../platform/refusal.ts'
import { prepare } from '../prepare.ts'
import { showCheckpoint, verifyAudit } from './audit.ts'
import { type Command, exitCodes, UsageError } from './command.ts'
import { commandHelp, helpText } from './help.ts'
import { importDjango, importDjangoDetails } from './import-django.ts'
import { importUsers, importUsersDetails } from './import-users.ts'
import { listKeys, retireKey, rotateKeys, rotateSecret } from './keys.ts'
import { migrateUp, showMigrations } from './migrate.ts'
import { outageText } from './outage.ts'
import {
  changeRole,
  clearLimits,
  createUser,
  disableUser,
  enableUser,
  eraseUser,
  resetFactors,
  showUser,
} from './users.ts'

const WHO = '<e-mail or id>'
const SILENT = createLogger('silent') // what there is to say is said in sentences

const commands: readonly Command[] = [
  { name: 'start', takes: '', summary: 'Starts the service (also without a command).', run: refuseStart },
  {
    name: 'migrate status',
    takes: '',
    summary: 'Lists the steps of the database schema and which were run.',
    run: (args) => showMigrations(args, withDatabase),
  },
  {
    name: 'migrate',
    takes: '',
    summary: 'Brings the database schema up to date, as a start does.',
    run: (args) => migrateUp(args, () => loadConfig(readEnvironment()).database),
  },
  {
    name: 'import django',
    takes: '[--from URL] [--dry-run] [--batch N]',
    summary: 'Takes over the users and refresh tokens of the old Django service.',
    details: importDjangoDetails,
    run: (args) => importDjango(args, { findSource, openTarget }),
  },
  {
    name: 'import users',
    takes: '--file users.jsonl|users.csv [--dry-run] [--batch N]',
    summary: 'Takes over users from a file, with password hashes of other servers.',
    details: importUsersDetails,
    run: (args) => importUsers(args, { openTarget }),
  },
  {
    name: 'users create',
    takes: '<e-mail> [--admin] [--role NAME] [--password-stdin]',
    summary: 'Makes a user, with --admin the first operator.',
    details: [
      '--role NAME may be given several times. --first-name and --last-name give names.',
      '--password-stdin reads the password from standard input; without it one is made and shown once.',
    ],
    run: (args) => createUser(args, withLifecycle),
  },
  {
    name: 'users grant',
    takes: `${WHO} <role>`,
    summary: 'Gives a user a role.',
    run: (args) => changeRole(args, true, withLifecycle),
  },
  {
    name: 'users revoke',
    takes: `${WHO} <role>`,
    summary: 'Takes a role from a user.',
    run: (args) => changeRole(args, false, withLifecycle),
  },
  {
    name: 'users show',
    takes: WHO,
    summary: 'Shows a user.',
    run: (args) => showUser(args, withLifecycle),
  },
  {
    name: 'users disable',
    takes: WHO,
    summary: 'Signs a user out everywhere and lets them in no more.',
    run: (args) => disableUser(args, withLifecycle),
  },
  {
    name: 'users enable',
    takes: WHO,
    summary: 'Lets a disabled user sign in again.',
    run: (args) => enableUser(args, withLifecycle),
  },
  {
    name: 'users clear-limits',
    takes: WHO,
    summary: 'Ends the waits that failed attempts at an account have caused.',
    run: (args) => clearLimits(args, withLifecycle),
  },
  {
    name: 'users reset-factors',
    takes: `${WHO} --reason TEXT [--factor FACTOR]`,
    summary: 'Takes the second factors from a user who lost them, and signs them out everywhere.',
    details: [
      '--reason TEXT says why: the record of events keeps it.',
      '--factor FACTOR takes only totp, recovery_code or passkey, and can be given more than once.',
      'Whoever has nothing left to sign in with is mailed a code to set a password; without mail it is refused.',
    ],
    run: (args) => resetFactors(args, withLifecycle),
  },
  {
    name: 'users erase',
    takes: `${WHO} --yes`,
    summary: 'Removes a user for good.',
    run: (args) => eraseUser(args, withLifecycle),
  },
  {
    name: 'keys list',
    takes: '',
    summary: 'Lists the signing keys and what each is for.',
    run: (args) => withService(async ({ keys }) => listKeys(args, keys)),
  },
  {
    name: 'keys rotate',
    takes: '[--now]',
    summary:
      'Publishes the next signing keys, and lets them sign once verifiers had time to fetch them; --now at once.',
    run: (args) => withService(({ keys }) => rotateKeys(args, keys)),
  },
  {
    name: 'keys retire',
    takes: '<key id> --compromised',
    summary:
      'Takes a stolen signing key out of use at once and ends every session that was used since it began to sign.',
    run: (args) => withLifecycle((lifecycle) => retireKey(args, lifecycle)),
  },
  {
    name: 'keys rotate-secret',
    takes: '',
    summary: 'Seals under SECRET_KEY everything that was sealed under SECRET_KEY_OTHER.',
    run: (args) => withService((service) => rotateSecret(args, service)),
  },
  {
    name: 'audit verify',
    takes: '[--checkpoint JWS]',
    summary: 'Looks whether an event was changed, removed or put between others, and names the first one.',
    details: [
      '--checkpoint JWS also holds the chain against a checkpoint that was kept elsewhere (audit checkpoint).',
      'Exit code 3: something is not as it was written, or a checkpoint is missing.',
    ],
    run: (args) => withService(({ audit }) => verifyAudit(args, audit)),
  },
  {
    name: 'audit checkpoint',
    takes: '[--anew]',
    summary: 'Signs the end of the chain of events and shows it, to be kept elsewhere.',
    details: ['--anew signs it also where all checkpoints were removed: look at what is left first.'],
    run: (args) => withService(({ audit }) => showCheckpoint(args, audit)),
  },
  { name: 'help', takes: '', summary: 'Shows this.', run: showHelp },
  { name: 'version', takes: '', summary: 'Shows the version.', run: showVersion },
]

async function main(words: readonly string[]): Promise<number> {
  if (words.length === 0 || words[0] === '--help' || words[0] === '-h') return showHelp()
  if (words[0] === '--version') return showVersion()
  const command = commands.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
  if (!command) throw new UsageError(`There is no command "${words.join(' ')}".\n\n${helpText(commands)}`)
  const args = words.slice(command.name.split(' ').length)
  if (!args.includes('--help') && !args.includes('-h')) return command.run(args)
  console.log(commandHelp(command))
  return exitCodes.done
}

function showHelp(): number {
  console.log(helpText(commands))
  return exitCodes.done
}

function showVersion(): number {
  const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  console.log((JSON.parse(manifest) as { version: string }).version)
  return exitCodes.done
}

function refuseStart(): number {
  throw new UsageError('Start the service with bin/samurai-auth.js or with npm start.')
}

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(loadConfig(readEnvironment()).database, 1)
  return work(database).finally(() => database.close())
}

async function withService<T>(work: (service: Service) => Promise<T>): Promise<T> {
  const config = loadConfig(readEnvironment())
  if ((await schemaState(config)) !== 'current') throw new Error(OUTDATED)
  const service = await composeService(config)
  return work(service).finally(() => service.close())
}

function withLifecycle<T>(work: (lifecycle: Lifecycle) => Promise<T>): Promise<T> {
  return withService(({ lifecycle }) => work(lifecycle))
}

/** MYSQL_*, whether or not they name the target too: then old and new tables live side by side. */
function findSource(): ServerAddress | undefined {
  const environment = readEnvironment()
  if (!environment.MYSQL_DB) return undefined
  const { secretKey } = loadConfig(environment)
  const { database } = loadConfig({ ...environment, DATABASE_URL: '', SECRET_KEY: secretKey })
  return database.kind === 'mysql' ? database : undefined
}

/** The configured service on an up-to-date schema. A dry run on an empty database is done on a scratch one. */
async function openTarget({ dryRun }: { dryRun: boolean }): Promise<Pick<Service, 'lifecycle' | 'close'>> {
  const config = loadConfig(readEnvironment())
  if (!dryRun) return openMigrated(config)
  const state = await schemaState(config)
  if (state === 'outdated') throw new Error(OUTDATED)
  return state === 'current' ? composeService(config) : openScratch(config)
}

const OUTDATED = 'The schema of the database is not up to date: run samurai-auth migrate first.'

async function schemaState({ database: address }: Config): Promise<'none' | 'outdated' | 'current'> {
  if (address.kind === 'sqlite' && !existsSync(address.file)) return 'none' // opening it would make it
  const database = openDatabase(address, 1)
  const steps = await migrationStatus(database.db).finally(() => database.close())
  if (steps.every(({ executedAt }) => executedAt)) return 'current'
  return steps.some(({ executedAt }) => executedAt) ? 'outdated' : 'none'
}

async function openScratch(config: Config): Promise<Pick<Service, 'lifecycle' | 'close'>> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-dry-run-'))
  const { lifecycle, close } = await openMigrated({
    ...config,
    database: { kind: 'sqlite', file: join(folder, 'scratch.db') },
  })
  return { lifecycle, close: () => close().finally(() => rm(folder, { recursive: true })) }
}

async function openMigrated(config: Config): Promise<Service> {
  await prepare(config, SILENT)
  return composeService(config)
}

function composeService(config: Config): Promise<Service> {
  return compose(config, { logger: SILENT })
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is not usable:\n${error.message}`
  const outage = outageText('The database', error)
  if (outage) return outage
  if (error instanceof Refusal) return refusalCodes[error.code]
  return error instanceof Error ? error.message : String(error)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`)
    if (process.env.LOG_LEVEL === 'debug') console.error(error)
    process.exitCode = error instanceof UsageError ? exitCodes.calledWrongly : exitCodes.failed
  },
)
