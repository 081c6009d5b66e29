/** The composition root: every feature, bottom rung first, each made of lines above it. */
import type { Config } from './config.ts'
import { createAccount } from './features/account/account.ts'
import { type Audit, createAudit } from './features/audit/audit.ts'
import { createEmail, type Email } from './features/email/email.ts'
import { type Consumer, createEvents, createRabbitmqConsumer, type Events } from './features/events/events.ts'
import { createKeys, type Keys } from './features/keys/keys.ts'
import { createLifecycle, type Lifecycle } from './features/lifecycle/lifecycle.ts'
import { createLimits, type Limits } from './features/limits/limits.ts'
import { createPasskeys, type Passkeys } from './features/passkeys/passkeys.ts'
import { createPasswords } from './features/passwords/passwords.ts'
import { createRoles, type Roles } from './features/roles/roles.ts'
import { createSessions, type Sessions } from './features/sessions/sessions.ts'
import { createSignIn, type SignIn } from './features/sign-in/sign-in.ts'
import { createTotp, type Totp } from './features/totp/totp.ts'
import { createUsers } from './features/users/users.ts'
import { createWebhooks, type Webhooks } from './features/webhooks/webhooks.ts'
import { type App, createApp } from './http/app.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { type Database, openDatabase } from './platform/db.ts'
import { createFetch } from './platform/fetch.ts'
import { createLogger, type Logger } from './platform/logger.ts'
import { createMailer } from './platform/mailer.ts'
import { createSealer } from './platform/secrets.ts'
import { noSiblings, type Siblings } from './platform/siblings.ts'

/** What a test or a worker process brings of its own. */
export type Surroundings = { clock?: Clock; logger?: Logger; siblings?: Siblings; cores?: number }

export type Service = {
  database: Database
  logger: Logger
  events: Events
  audit: Audit
  webhooks: Webhooks
  /** Who is told of events. */
  consumers: readonly Consumer[]
  limits: Limits
  keys: Keys
  email: Email
  roles: Roles
  sessions: Sessions
  passkeys: Passkeys
  totp: Totp
  signIn: SignIn
  lifecycle: Lifecycle
  /** Loads what other processes change and follows it until `signal` says stop; call before serving. */
  follow(signal: AbortSignal): Promise<void>
  /** Builds the HTTP door. */
  createApp(): Promise<App>
  close(): Promise<void>
}

/** Builds the service on a migrated database. Nothing listens yet. */
export async function compose(config: Config, surroundings: Surroundings = {}): Promise<Service> {
  const { logger = createLogger(config.logLevel), siblings = noSiblings, cores = 1 } = surroundings
  const tests = config.testMode ? await import('./compose-test-mode.ts') : undefined
  const movable = tests?.createMovableClock(surroundings.clock ?? systemClock)
  const clock = movable ?? surroundings.clock ?? systemClock
  const database = openDatabase(config.database, config.databaseConnections)
  const sealer = createSealer(config.secretKey, config.otherSecretKey)
  const fetch = createFetch()
  const events = createEvents({ database, clock, logger, sealer, config: eventsConfig(config) })
  const limits = createLimits({ database, clock, sealer, config: limitsConfig(config) })
  const keys = await createKeys({ database, events, clock, logger, sealer, siblings, config: keysConfig(config) })
  const audit = createAudit({ database, clock, logger, sealer, events, keys, config: auditConfig(config) })
  const webhooks = createWebhooks({
    database,
    clock,
    logger,
    sealer,
    fetch,
    events,
    config: webhooksConfig(config),
  })
  const { amqpUrl } = config
  const rabbitmq = amqpUrl ? [createRabbitmqConsumer({ url: amqpUrl, logger })] : []
  const consumers: Consumer[] = [webhooks.consumer, ...rabbitmq]
  const users = createUsers({ database, clock })
  const roles = createRoles({ database, clock })
  const isSending = config.mailMode === 'smtp'
  const mailer =
    isSending && config.smtpUrl && config.mailFrom ? createMailer(config.smtpUrl, config.mailFrom) : undefined
  const email = createEmail({ database, clock, logger, sealer, events, users, mailer, config: emailConfig(config) })
  const sessions = createSessions({
    database,
    clock,
    logger,
    sealer,
    siblings,
    events,
    keys,
    users,
    roles,
    config: sessionsConfig(config),
  })
  const passwords = createPasswords({
    database,
    clock,
    logger,
    sealer,
    fetch,
    config: passwordsConfig(config, cores),
  })
  const { relyingParty } = config
  const passkeys = createPasskeys({ database, clock, events, config: { relyingParty } })
  const totp = createTotp({ database, clock, sealer, events, users, email, config: { issuer: relyingParty.name } })
  const signIn = createSignIn({
    database,
    clock,
    events,
    limits,
    users,
    sessions,
    passwords,
    passkeys,
    totp,
    email,
    config: signInConfig(config),
  })
  const lifecycle = createLifecycle({
    database,
    clock,
    logger,
    events,
    limits,
    keys,
    users,
    roles,
    email,
    passwords,
    passkeys,
    totp,
    sessions,
    signIn,
    config: { deletionDelayMs: config.accountDeletionDays * 86_400_000 },
  })
  const account = createAccount({
    database,
    clock,
    events,
    limits,
    users,
    email,
    sessions,
    passwords,
    signIn,
    lifecycle,
    roles,
    passkeys,
    totp,
  })
  const testMode =
    movable &&
    tests?.composeTestMode({
      database,
      clock: movable,
      events,
      audit,
      consumers,
      limits,
      keys,
      users,
      email,
      sessions,
      passkeys,
      totp,
      signIn,
      webhooks,
      lifecycle,
    })
  return {
    database,
    logger,
    events,
    audit,
    webhooks,
    consumers,
    limits,
    keys,
    email,
    roles,
    sessions,
    passkeys,
    totp,
    signIn,
    lifecycle,
    follow: (signal) => {
      keys.follow(signal)
      return sessions.follow(signal)
    },
    createApp: () =>
      createApp({
        config,
        logger,
        database,
        events,
        keys,
        email,
        account,
        users,
        roles,
        lifecycle,
        sessions,
        passkeys,
        signIn,
        limits,
        testMode,
        webhooks,
      }),
    close: async () => {
      await email.end()
      await database.close()
    },
  }
}

function limitsConfig(config: Config) {
  const { limits, limitsSharedAddresses, limitsGlobalPerMinute, challenge } = config
  return {
    isOn: limits === 'on',
    sharedAddresses: limitsSharedAddresses,
    globalPerMinute: limitsGlobalPerMinute,
    challenge,
  }
}

const EVENTS_POLL_MS = 250 // how long an event waits for its place, at most, when there is nothing to do

function eventsConfig(config: Config) {
  return {
    source: config.publicUrl,
    tellsPersonal: config.eventsPersonal === 'on',
    leaseMs: config.eventsLeaseSeconds * 1000,
    pollMs: EVENTS_POLL_MS,
  }
}

const WEBHOOK_TIMEOUT_MS = 15_000 // Standard Webhooks 1.0: 15 to 30 seconds
const WEBHOOKS_POLL_MS = 1_000

function webhooksConfig(config: Config) {
  return { allowPrivate: config.webhooksPrivate === 'on', timeoutMs: WEBHOOK_TIMEOUT_MS, pollMs: WEBHOOKS_POLL_MS }
}

function auditConfig(config: Config) {
  const { publicUrl: issuer, checkpointMinutes, eventsRetentionDays: days } = config
  const retentionMs = days > 0 ? days * 86_400_000 : undefined
  return { issuer, checkpointMs: checkpointMinutes * 60_000, retentionMs }
}

const CLOCK_SKEW_SECONDS = 60

function keysConfig(config: Config) {
  const { accessTokenSeconds, sessionIdleSeconds, keyRotationDays, keyPublishAheadSeconds } = config
  return {
    algorithms: config.signingAlgorithms,
    policy: {
      rotationMs: keyRotationDays * 86_400_000,
      publishAheadMs: keyPublishAheadSeconds * 1000,
      tokenMs: (Math.max(accessTokenSeconds, sessionIdleSeconds) + CLOCK_SKEW_SECONDS) * 1000,
    },
    pollMs: config.revocationPollMs,
  }
}

function emailConfig(config: Config) {
  const { mailMode: mode, publicUrl, serviceName, defaultLanguage, mailTemplatesDir: templatesDir } = config
  const hasSignInLink = config.signInLinkUrl !== undefined
  return {
    mode,
    publicUrl,
    serviceName,
    defaultLanguage,
    templatesDir,
    hasSignInLink,
    fixedCode: config.testMode?.code,
  }
}

function signInConfig({ registration, passwordless }: Config) {
  return { registration, isPasswordless: passwordless === 'on' }
}

function sessionsConfig(config: Config) {
  const { accessTokenSeconds, sessionIdleSeconds, sessionAbsoluteSeconds, refreshGraceSeconds } = config
  return {
    issuer: config.publicUrl,
    audience: config.audience,
    legacySecretKey: config.jwtSecretKey,
    lifetimes: { accessTokenSeconds, sessionIdleSeconds, sessionAbsoluteSeconds, refreshGraceSeconds },
    revocations: { pollMs: config.revocationPollMs, staleSeconds: config.revocationStaleSeconds },
  }
}

/** @param cores cores that this process may use for hashing: at most one hash a core at a time */
function passwordsConfig(config: Config, cores: number) {
  const { breachedPasswords, breachedPasswordsTimeoutMs: timeoutMs, breachedPasswordsFail: onFailure } = config
  return {
    policy: config.passwordPolicy,
    publicUrl: config.publicUrl,
    serviceName: config.serviceName,
    blocklist: config.passwordBlocklist ?? [],
    breaches: breachedPasswords === null ? null : { url: breachedPasswords, timeoutMs, onFailure },
    argon2: { memoryKib: config.argon2MemoryKib, passes: config.argon2Passes, parallelism: config.argon2Parallelism },
    hashConcurrency: cores,
    hashQueue: config.hashQueue,
  }
}
