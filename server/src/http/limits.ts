/** How often a route may be asked, declared at the route: one word of the table below. With a route without one nothing starts. */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { DeviceMark, Limits, Purpose, Visitor } from '../features/limits/limits.ts'
import type { DeviceCookie } from './device-cookie.ts'

type RouteLimit = {
  /** Whose buckets are taken from (features/limits/rules.ts). Null: of nothing, for the reason given. */
  readonly purpose: Purpose | null
  /** `route`: before the route is entered. `handler`: once the identifier has been read, before it costs anything. */
  readonly takenBy?: 'route' | 'handler'
  readonly why: string
}

/** Every attempt costs one, and of a right sign-in most is given back. */
export const routeLimits = {
  'sign-in': { purpose: 'sign-in', takenBy: 'handler', why: 'a password is guessed; each guess costs a hash' },
  'sign-up': { purpose: 'sign-up', takenBy: 'handler', why: 'it tells who is registered, and costs a hash and a row' },
  'second-factor': { purpose: 'sign-in', takenBy: 'handler', why: 'a code of six digits is guessed' },
  passkey: { purpose: 'sign-in', takenBy: 'handler', why: 'a signature is checked, and a refusal is a row' },
  'step-up': { purpose: 'step-up', takenBy: 'handler', why: 'whoever found an open session guesses the password' },
  ceremony: { purpose: 'challenge', takenBy: 'route', why: 'each one is a row' },
  challenge: { purpose: 'challenge', takenBy: 'route', why: 'making one costs a millisecond' },
  token: { purpose: null, why: 'a token cannot be guessed; one that we did not sign costs no look into the database' },
  mail: { purpose: 'mail', takenBy: 'handler', why: 'each one is a mail in the box of somebody' },
  'mail-to-self': { purpose: 'mail-to-self', takenBy: 'handler', why: 'whoever found an open session fills a box' },
  deletion: { purpose: 'mail-to-self', takenBy: 'handler', why: 'each one is a mail to its owner' },
  export: { purpose: 'export', takenBy: 'handler', why: 'all that is kept about somebody is read' },
  'mail-code': { purpose: 'mail-code', takenBy: 'handler', why: 'a code of six digits is guessed' },
  'mail-link': { purpose: null, why: 'nobody guesses 256 bits; opening looks nothing up, the button costs one look' },
  'signed-in': { purpose: null, why: 'who asks is known, and can end their own sessions only' },
  memory: { purpose: null, why: 'answered from memory' },
  'this-machine': { purpose: null, why: 'nobody else is answered' },
  'test-mode': { purpose: null, why: 'tests ask, as often as they like; where people are there is no such route' },
  probe: { purpose: null, why: 'asked by the machines around the service' },
} as const satisfies Record<string, RouteLimit>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How often this route may be asked. */
    limit?: keyof typeof routeLimits
  }
  interface FastifyRequest {
    /** The device mark that the browser sent. */
    sentMark: DeviceMark | undefined
  }
}

export function registerLimits(
  app: FastifyInstance,
  { limits, deviceCookie }: { limits: Limits; deviceCookie: DeviceCookie },
): void {
  app.decorateRequest('sentMark', {
    getter() {
      return deviceCookie.sentBy(this)
    },
  })
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
    const limit = route.config?.limit
    const { purpose, takenBy }: RouteLimit = limit ? routeLimits[limit] : { purpose: null, why: '' }
    if (purpose === null || takenBy !== 'route') return
    const countOne = async (request: FastifyRequest) => {
      await limits.take({ purpose, visitor: visitorOf(request) })
    }
    route.onRequest = [route.onRequest ?? [], countOne].flat()
  })
  app.addHook('onReady', async () => {
    const undeclared = routes.filter(({ config }) => !config?.limit).map(({ method, url }) => `${method} ${url}`)
    if (undeclared.length > 0) throw new TypeError(`how often may it be asked? ${undeclared.join(', ')}`)
  })
}

/** What the routes of a folder declare that declare nothing themselves; it must be a limit that takes nothing. */
export function limitUnlessDeclared(app: FastifyInstance, limit: 'signed-in'): void {
  app.addHook('onRoute', (route) => {
    route.config = { limit, ...route.config }
  })
}

/**
 * Who attempts. The address is the one that `TRUST_PROXY` leads to, never that of a header which nobody is trusted for
 * (CVE-2023-36456, CVE-2026-16732).
 *
 * @param mark of the device; where a success makes one known it may be a new one, which the answer must set then
 */
export function visitorOf(request: FastifyRequest, mark = request.sentMark): Visitor {
  const { ip: address, socket } = request
  // A socket that is gone has no address any more.
  return { address: address ?? null, isPeer: address === socket.remoteAddress, deviceId: mark?.id }
}
