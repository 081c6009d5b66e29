/** `/api/forward-auth`: what reverse proxies ask before they let a request through. Recipes: deploy/. */
import { domainToASCII } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Roles } from '../features/roles/roles.ts'
import type { Sessions } from '../features/sessions/sessions.ts'
import type { User, Users } from '../features/users/users.ts'
import { refused } from '../platform/refusal.ts'
import { type Caller, createRequireUser } from './caller.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'
import { quiet } from './summary-log.ts'

/** Takes GET and HEAD only: nginx, Caddy and Traefik ask by GET whatever the request is that they ask about. */
export function registerForwardAuth(
  app: FastifyInstance,
  { sessions, users, roles }: { sessions: Sessions; users: Users; roles: Roles },
): void {
  const requireUser = createRequireUser({ sessions })
  app.get('/api/forward-auth', { config: { ...quiet.config, limit: 'token', reference } }, async (request, reply) => {
    const caller = await requireUser(request)
    const user = await users.find(caller.userId)
    if (!user?.isEnabled) throw refused('token-refused', { reason: 'ended' })
    return reply.headers(identityHeaders(caller, user, await roles.rolesOf(user.id))).send()
  })
}

/** All of them, always: a proxy that copies an empty one has replaced what the client sent under that name. */
function identityHeaders({ sessionId = '' }: Caller, { id, email }: User, roles: readonly string[]) {
  return {
    'x-user-id': String(id),
    'x-user-email': asciiAddress(email),
    'x-user-roles': roles.join(','),
    'x-session-id': sessionId,
  }
}

const VISIBLE_ASCII = /^[!-~]+$/

/** The address as registered, its domain in the ASCII form (RFC 5890 §2.3.2.1) if it has letters beyond; empty if that is not enough. */
function asciiAddress(email: string): string {
  if (VISIBLE_ASCII.test(email)) return email
  const [, localPart = '', domain = ''] = /^(.*)@(.*)$/.exec(email) ?? []
  const ascii = domainToASCII(domain)
  return ascii && VISIBLE_ASCII.test(localPart) ? `${localPart}@${ascii}` : '' // imported ones may hold anything
}

const reference: RouteReference = {
  kind: 'operation',
  id: 'forwardAuth',
  group: 'Proxies',
  summary: 'Whether a reverse proxy may let a request through, and whose it is',
  description:
    'Reads one header: `Authorization: Bearer` and an access token. Query, body and cookies are not looked at. 200 means yes; ' +
    'a proxy must take everything else for no, and pass 401 on to the client with its challenge.',
  bearer: true,
  answers: {
    200: {
      description: 'The token is good, its session lives, and its user may sign in.',
      headers: {
        'X-User-Id': "The user's id, an integer.",
        'X-User-Email':
          'The address as registered, in visible ASCII: a domain with other letters in its ASCII form (`xn--…`). Empty if there is none.',
        'X-User-Roles': "Names of the user's roles, separated by commas. Empty if there is none.",
        'X-Session-Id': 'The session that the token belongs to. Empty for a token of the old service.',
        'Cache-Control': '`no-store`',
      },
    },
    401: {
      ...problemAnswer('There is no token, or none that is good.', 'token-missing', 'token-refused'),
      headers: { 'WWW-Authenticate': '`Bearer realm="api"`, with `error="invalid_token"` when a token was sent.' },
    },
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
    503: problemAnswer('It cannot be said for now.', 'database-unavailable'),
  },
}
