import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../../features/sessions/sessions.ts'
import type { SignIn } from '../../features/sign-in/sign-in.ts'
import type { DeviceCookie } from '../device-cookie.ts'

/** What the legacy endpoints call. */
export type CompatDeps = {
  signIn: SignIn
  sessions: Sessions
  deviceCookie: DeviceCookie
  config: { verifyAccepts: 'any' | 'access' }
}

/** @param data the fields of the body, not checked yet */
export type CompatHandler = (
  deps: CompatDeps,
  data: Record<string, unknown>,
  request: FastifyRequest,
  reply: FastifyReply,
) => object | string | Promise<object | string>
