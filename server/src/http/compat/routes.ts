/**
 * The JSON API of the old service, frozen: its clients exist and must not notice the change. Each endpoint answers under
 * both prefixes, with and without the trailing slash. Departures are listed in docs/divergences.md.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { routeLimits } from '../limits.ts'
import type { Operation, RouteReference } from '../route-reference.ts'
import { type NoteRefusal, quiet } from '../summary-log.ts'
import { readBody } from './body.ts'
import type { CompatDeps, CompatHandler } from './handler.ts'
import { registerLegacyErrors, sendMethodNotAllowed } from './legacy-errors.ts'
import { login } from './login.ts'
import { loginMfa } from './login-mfa.ts'
import { logout } from './logout.ts'
import {
  loginMfaReference,
  loginReference,
  logoutReference,
  refreshReference,
  registerReference,
  verifyReference,
} from './reference.ts'
import { refresh } from './refresh.ts'
import { register } from './register.ts'
import { verify } from './verify.ts'
import { giveReadBody } from './verify-at-once.ts'

const PREFIXES = ['/api/', '/api/accounts/']
const addressesOf = (path: string) => PREFIXES.flatMap((prefix) => [`${prefix}${path}`, `${prefix}${path}/`])

export const verifyAddresses: ReadonlySet<string> = new Set(addressesOf('token/verify'))

type Endpoint = [
  path: string,
  answer: CompatHandler,
  reference: Operation,
  limit: keyof typeof routeLimits,
  isQuiet: boolean,
]

const endpoints: Endpoint[] = [
  ['register', register, registerReference, 'sign-up', false],
  ['login', login, loginReference, 'sign-in', false],
  ['login/mfa', loginMfa, loginMfaReference, 'second-factor', false],
  ['logout', logout, logoutReference, 'token', false],
  ['token/refresh', refresh, refreshReference, 'token', false],
  ['token/verify', verify, verifyReference, 'token', true],
]

export function registerCompat(app: FastifyInstance, deps: CompatDeps & { noteRefusal: NoteRefusal }): void {
  registerLegacyErrors(app, deps.noteRefusal)
  // Of an empty body nobody asks the type: the old service told the missing fields, whatever the header said.
  app.addHook('onRequest', (request, _reply, done) => {
    if (hasNoBody(request)) delete request.headers['content-type']
    done()
  })
  for (const [path, answer, operation, limit, isQuiet] of endpoints) {
    const [first = ''] = addressesOf(path)
    const handler = (request: FastifyRequest, reply: FastifyReply) =>
      answer(
        deps,
        readBody(request.headers['content-type'], (request.body as Buffer | undefined) ?? EMPTY),
        request,
        reply,
      )
    for (const address of addressesOf(path)) {
      const reference: RouteReference =
        address === first ? { kind: 'operation', ...operation } : { kind: 'alias', of: first }
      const config = { ...(isQuiet ? quiet.config : {}), limit, methodNotAllowed: sendMethodNotAllowed, reference }
      const before = verifyAddresses.has(address) ? { preParsing: giveReadBody } : {}
      app.post(address, { config, ...before }, handler)
    }
  }
}

function hasNoBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0'
}

const EMPTY = Buffer.alloc(0)
