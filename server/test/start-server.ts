/**
 * The service as tests meet it: composed in this process on a fresh database, asked over real HTTP. Its clock stands still
 * until a test moves it, and its log lines are kept. What HTTP cannot tell is behind `service` and `db`.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { TestContext } from 'node:test'
import { compose, type Service } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'
import type { KeptMail } from '../src/features/email/email.ts'
import { startJobs } from '../src/jobs/schedule.ts'
import type { Clock } from '../src/platform/clock.ts'
import type { Db } from '../src/platform/db.ts'
import type { Logger } from '../src/platform/logger.ts'
import { createSealer } from '../src/platform/secrets.ts'
import { type Client, createClient } from './client.ts'
import { bringUpToDate } from './database-servers/original.ts'
import { type DatabaseKind, migratedDatabase } from './databases.ts'
import { refuseUnknownSettings } from './known-settings.ts'

export type { CodeRequest, KeptMail, Purpose } from '../src/features/email/email.ts'
export { adminPermissions } from '../src/features/roles/roles.ts'
export { purgeExpired } from '../src/jobs/purge-expired.ts'
export { retainEvents } from '../src/jobs/retain-events.ts'
export { tableOwners } from '../src/platform/tables.ts'
export type { Answer, Client, Question } from './client.ts'

export type TestClock = Clock & {
  /** Whole seconds since the epoch, as tokens have them. */
  seconds(): number
  /** Moves the time on; resolves when the service knows which sessions ended up to then, as it would by living so long. */
  advance(seconds: number): Promise<void>
}

export type LogLine = { level: string; message: string; fields: Record<string, unknown> }

export type TestServer = Client & {
  kind: DatabaseKind
  /** Of the database. */
  url: string
  clock: TestClock
  logs: readonly LogLine[]
  service: Service
  db: Db
  /** The mails that were not sent, the latest first. */
  mailbox(): Promise<KeptMail[]>
  /** The private key that tokens are signed with, as whoever has SECRET_KEY and the database can open it. */
  signingKey(): Promise<KeyObject>
}

export type TestServerOptions = {
  /** Default: SQLite. */
  kind?: DatabaseKind
  /** A database that is there already. */
  url?: string
  environment?: Readonly<Record<string, string>>
  /** `running`: the time of the machine; or the clock of another server. Default: one of its own that stands still. */
  clock?: 'still' | 'running' | Clock
  /** Whether the timers run, as in a process. Default: no. */
  jobs?: boolean
}

const BEGINNING = Date.UTC(2026, 10, 23, 12, 0, 0, 250) // not a whole second, so that rounding shows

/** Cheap hashes, where what a hash costs is not the point. */
const defaults = {
  HOST: '127.0.0.1',
  PORT: '0',
  PUBLIC_URL: 'https://auth.example.com',
  SECRET_KEY: 'a secret key that only tests have',
  ARGON2_MEMORY_KIB: '7168',
  ARGON2_PASSES: '1',
  REVOCATION_POLL_MS: '500',
  SMTP_URL: 'smtp://127.0.0.1:9', // no job runs here: mails stay in their table until a test delivers them
  MAIL_FROM: 'Tests <no-reply@example.com>',
  SIGN_IN_LINK_URL: 'https://app.example.com/signed-in',
  LIMITS: 'off', // tests of limits turn them on; the others may try as often as they like
}

/** Starts the service on an empty database; it ends with the test. */
export async function startServer(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
  const { kind = 'sqlite', environment = {}, clock: motion = 'still' } = options
  refuseUnknownSettings(environment)
  const url = options.url ?? (await migratedDatabase(t, kind)).url
  const config = loadConfig({ ...defaults, DATABASE_URL: url, ...environment })
  if (options.url) await bringUpToDate(url)
  const source = clockOf(motion)
  let offset = 0
  const clock = { now: () => source.now() + offset }
  const logs: LogLine[] = []
  const service = await compose(config, { clock, logger: keepLines(logs) })
  const stopping = new AbortController()
  await service.follow(stopping.signal)
  const app = await service.createApp()
  if (options.jobs) startJobs(service, service.logger, stopping.signal)
  const client = createClient(await app.listen())
  t.after(async () => {
    stopping.abort()
    client.close()
    await app.fastify.close()
    await service.close()
  })
  return {
    ...client,
    kind,
    url,
    logs,
    service,
    db: service.database.db,
    mailbox: () => service.email.mailbox(),
    signingKey: () => openSigningKey(service.database.db, config.secretKey),
    clock: {
      ...clock,
      seconds: () => Math.floor(clock.now() / 1000),
      async advance(seconds) {
        offset += seconds * 1000
        await service.sessions.follow(AbortSignal.abort()) // reads once and goes no further
      },
    },
  }
}

function clockOf(motion: NonNullable<TestServerOptions['clock']>): Clock {
  if (typeof motion === 'object') return motion
  return motion === 'still' ? { now: () => BEGINNING } : { now: Date.now }
}

async function openSigningKey(db: Db, secretKey: string): Promise<KeyObject> {
  const current = db.selectFrom('signing_key').select(['id', 'private_key_sealed']).where('state', '=', 'current')
  const { id, private_key_sealed } = await current.executeTakeFirstOrThrow()
  const der = createSealer(secretKey).open(private_key_sealed, `signing_key:${id}`)
  return createPrivateKey({ key: der, type: 'pkcs8', format: 'der' })
}

function keepLines(lines: LogLine[]): Logger {
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } })
  }
  return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error'), fatal: keep('fatal') }
}
