/** The HTTP door: hooks in order, then one line per audience. The table of contents of everything that can be asked here. */
import Fastify, { type FastifyInstance } from 'fastify'
import type { Account } from '../features/account/account.ts'
import type { Email } from '../features/email/email.ts'
import type { Events } from '../features/events/events.ts'
import type { Keys } from '../features/keys/keys.ts'
import type { Lifecycle } from '../features/lifecycle/lifecycle.ts'
import type { Limits } from '../features/limits/limits.ts'
import type { Passkeys } from '../features/passkeys/passkeys.ts'
import type { Roles } from '../features/roles/roles.ts'
import type { Sessions } from '../features/sessions/sessions.ts'
import type { SignIn } from '../features/sign-in/sign-in.ts'
import type { TestMode } from '../features/test-mode/test-mode.ts'
import type { Users } from '../features/users/users.ts'
import type { Webhooks } from '../features/webhooks/webhooks.ts'
import type { Database } from '../platform/db.ts'
import type { Logger } from '../platform/logger.ts'
import { registerAccount } from './account/routes.ts'
import { registerAdmin } from './admin/routes.ts'
import { registerAddressProof } from './by-mail/address.ts'
import { registerDeletionUndoing } from './by-mail/deletion.ts'
import { registerRecovery } from './by-mail/recovery.ts'
import { registerCodeSignIn } from './by-mail/sign-in.ts'
import { registerChallenge } from './challenge.ts'
import { registerCompat, verifyAddresses } from './compat/routes.ts'
import { answerVerifyAtOnce } from './compat/verify-at-once.ts'
import { createDeviceCookie } from './device-cookie.ts'
import { registerDrain } from './drain.ts'
import { registerFailures } from './failures.ts'
import { registerForwardAuth } from './forward-auth.ts'
import { registerHeaders } from './headers.ts'
import { registerHealth } from './health.ts'
import { registerLimits } from './limits.ts'
import { registerMethods } from './methods.ts'
import { nextRequestId } from './origin.ts'
import { registerDevMailbox } from './pages/dev-mailbox.ts'
import { createPages } from './pages/pages.ts'
import { registerPages } from './pages/routes.ts'
import { registerPasskeySignIn } from './passkey-sign-in.ts'
import { sendProblem, sendUnknownProblem } from './problems.ts'
import { registerReference } from './reference.ts'
import { registerRevocations } from './revocations.ts'
import { registerStatusLists } from './status-lists.ts'
import { registerSummaryLog } from './summary-log.ts'
import { answerConnectionError, answerFrameworkError } from './unreadable.ts'
import { registerWellKnown } from './well-known.ts'

const BODY_BYTES = 64 * 1024
const REQUEST_TIMEOUT_MS = 30_000 // a whole request, so that nobody holds a connection with a slow body
const KEEP_ALIVE_MS = 65_000 // longer than the 60 s after which common proxies drop an idle connection

export type App = {
  fastify: FastifyInstance
  /** @returns the port */
  listen(): Promise<number>
  /** Nobody new is let in; who is there goes on as before. */
  stopAccepting(): void
  /** Stops accepting, lets running requests end, closes. Resolves when the last connection is gone. */
  drain(): Promise<void>
}

export type AppDeps = {
  config: {
    host: string
    port: number
    publicUrl: string
    trustProxy: readonly string[]
    verifyAccepts: 'any' | 'access'
    drainSeconds: number
    logLevel: string
    signInLinkUrl: string | undefined
    serviceName: string
    defaultLanguage: string
    eventsPersonal: 'off' | 'on'
    testMode: { isAnywhere: boolean } | null
  }
  logger: Logger
  database: Database
  events: Events
  keys: Keys
  email: Email
  /** What the page of a `verify-address` link does. */
  account: Account
  users: Users
  roles: Roles
  lifecycle: Lifecycle
  sessions: Sessions
  passkeys: Passkeys
  signIn: SignIn
  limits: Limits
  webhooks: Webhooks
  /** Undefined: it is off, and nothing of it is loaded. */
  testMode: TestMode | undefined
}

export async function createApp(deps: AppDeps): Promise<App> {
  const { config, logger } = deps
  const app = Fastify({
    logger: false, // one summary line a request, written by us
    genReqId: nextRequestId,
    requestIdHeader: false,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false, // a request that came through a connection still open is answered
    forceCloseConnections: false,
    exposeHeadRoutes: true,
    routerOptions: { caseSensitive: true },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    frameworkErrors: answerFrameworkError(logger),
    clientErrorHandler: answerConnectionError(logger),
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const drain = registerDrain(app, config)
  const isDebug = ['trace', 'debug'].includes(config.logLevel)
  const noteRefusal = registerSummaryLog(app, { logger, isDebug })
  registerHeaders(app)
  registerFailures(app, { logger, noteRefusal }, { refusal: sendProblem, unknown: sendUnknownProblem })
  registerMethods(app, noteRefusal)
  const deviceCookie = createDeviceCookie({ limits: deps.limits, publicUrl: config.publicUrl })
  registerLimits(app, { limits: deps.limits, deviceCookie })

  registerHealth(app, { database: deps.database, isDraining: drain.isDraining })
  registerWellKnown(app, deps)
  registerRevocations(app, { feed: deps.sessions.feed, networkOf: deps.limits.networkOf, onDrain: drain.onDrain })
  registerStatusLists(app, deps.sessions)
  registerForwardAuth(app, deps)
  await app.register(async (scope) => registerAccount(scope, deps))
  await app.register(async (scope) => registerAdmin(scope, deps))
  const pages = createPages(config)
  await app.register(async (scope) => registerPages(scope, { ...deps, pages, deviceCookie, noteRefusal }))
  await app.register(async (scope) => registerDevMailbox(scope, { ...deps, pages, noteRefusal }))
  registerReference(app)
  registerChallenge(app, deps)
  registerPasskeySignIn(app, { ...deps, deviceCookie })
  registerCodeSignIn(app, { ...deps, deviceCookie })
  registerRecovery(app, { ...deps, deviceCookie })
  registerAddressProof(app, deps)
  registerDeletionUndoing(app, deps)
  const { testMode } = deps
  if (testMode) {
    const { registerTestMode } = await import('./test-mode/routes.ts')
    const isAnywhere = config.testMode?.isAnywhere === true
    await app.register(async (scope) => registerTestMode(scope, { testMode, isAnywhere, onDrain: drain.onDrain }))
  }
  await app.register(async (scope) => registerCompat(scope, { ...deps, noteRefusal, deviceCookie }))
  // At `debug` each request is logged, which is the framework's work.
  if (!isDebug) answerVerifyAtOnce(app, { ...deps, isDraining: drain.isDraining, addresses: verifyAddresses })

  return {
    fastify: app,
    stopAccepting: drain.stopAccepting,
    drain: drain.drain,
    async listen() {
      await app.listen({ host: config.host, port: config.port })
      const address = app.server.address()
      return typeof address === 'object' && address ? address.port : config.port
    },
  }
}

// Routes check what they read themselves. Without this Fastify loads two compilers of schemas: 7 MB and 60 ms for nothing.
function noSchemas(): never {
  throw new TypeError('a route with a schema of Fastify: nothing here would compile it')
}
