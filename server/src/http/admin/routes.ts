/**
 * Operators. Every route of this folder names the permission that it asks for; one that names none cannot be registered. What
 * a caller may do is read anew at each request: a role that was taken is gone at once. Whatever changes something asks for a proof
 * just before: an open session that somebody finds reads, and no more.
 */
import type { FastifyInstance } from 'fastify'
import { type AdminPermission, covers } from '../../features/roles/roles.ts'
import { refused } from '../../platform/refusal.ts'
import { createRequireUser, createStepUp } from '../caller.ts'
import { createFreshProof } from '../fresh-proof.ts'
import { limitUnlessDeclared } from '../limits.ts'
import type { AdminDeps } from './deps.ts'
import { registerAdminEvents } from './events.ts'
import { registerAdminFactors } from './factors.ts'
import { registerAdminKeys } from './keys.ts'
import { registerAdminRoles } from './roles.ts'
import { registerAdminSessions } from './sessions.ts'
import { registerAdminUsers } from './users.ts'
import { registerAdminWebhooks } from './webhooks.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a route of the admin API asks for. */
    permission?: AdminPermission
    /** What it asks for besides, as the service is set. */
    alsoNeeds?: readonly AdminPermission[]
  }
}

export function registerAdmin(app: FastifyInstance, deps: AdminDeps): void {
  const requireUser = createRequireUser(deps)
  const { requireFresh } = createFreshProof({ factors: deps.signIn.factors, stepUp: createStepUp(deps) })
  limitUnlessDeclared(app, 'signed-in')
  app.addHook('onRoute', ({ url, config }) => {
    if (!config?.permission) throw new TypeError(`${url} names no permission`)
  })
  app.decorateRequest('caller', null)
  app.addHook('preHandler', async (request) => {
    const caller = await requireUser(request)
    const { permission, alsoNeeds = [] } = request.routeOptions.config
    const held = await deps.roles.permissionsOf(caller.userId)
    if (!permission || !covers(held, [permission, ...alsoNeeds])) throw refused('not-permitted')
    // A token of the old service names no session that could end, or be proven again: its owner signs in.
    if (caller.sessionId === undefined) throw refused('token-refused', { reason: 'ended' })
    request.caller = caller
    if (!isLooking(request)) await requireFresh(request)
  })
  registerAdminUsers(app, deps)
  registerAdminFactors(app, deps)
  registerAdminSessions(app, deps)
  registerAdminRoles(app, deps)
  registerAdminKeys(app, deps)
  registerAdminWebhooks(app, deps)
  registerAdminEvents(app, deps)
}

/** RFC 9110 §9.2.1: safe methods change nothing. */
const isLooking = ({ method }: { method: string }) => method === 'GET' || method === 'HEAD'
