import type { FastifyRequest } from 'fastify'
import type { AccountCaller } from '../../features/account/account.ts'
import { callerOf } from '../caller.ts'
import { originOf } from '../origin.ts'

export function accountCaller(request: FastifyRequest): AccountCaller {
  const { userId, sessionId } = callerOf(request)
  return { userId, sessionId, origin: originOf(request) }
}
