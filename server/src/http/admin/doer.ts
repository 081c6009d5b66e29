import type { FastifyRequest } from 'fastify'
import type { Doer } from '../../features/lifecycle/lifecycle.ts'
import { refused } from '../../platform/refusal.ts'
import { callerOf } from '../caller.ts'
import { originOf } from '../origin.ts'

/** The operator who asks, as the use cases want to know. */
export function doerOf(request: FastifyRequest): Doer {
  const { permission } = request.routeOptions.config
  if (!permission) throw new TypeError(`${request.routeOptions.url} names no permission`)
  return { kind: 'user', id: callerOf(request).userId, permission, origin: originOf(request) }
}

/** The user id of an address. @throws Refusal 'user-unknown' for what can be nobody's */
export function userIdOf({ params }: { params: { id: string } }): number {
  if (!/^[1-9]\d{0,14}$/.test(params.id)) throw refused('user-unknown')
  return Number(params.id)
}
