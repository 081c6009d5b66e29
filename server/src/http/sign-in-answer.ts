import type { FastifyReply } from 'fastify'
import type { DeviceMark } from '../features/limits/limits.ts'
import type { SignInOutcome } from '../features/sign-in/sign-in.ts'
import { refused } from '../platform/refusal.ts'
import type { DeviceCookie } from './device-cookie.ts'

type Asked = { mark: DeviceMark | undefined; deviceCookie: DeviceCookie; reply: FastifyReply }

/** The tokens of a sign-in at a route of ours. @throws Refusal 'mfa-required' { mfa_token, methods } */
export function answerSignIn(outcome: SignInOutcome, { mark, deviceCookie, reply }: Asked) {
  if (outcome.kind === 'second-factor')
    throw refused('mfa-required', { mfa_token: outcome.mfaToken, methods: outcome.methods })
  if (mark) deviceCookie.set(reply, mark)
  const { refresh, access } = outcome.tokens
  return { refresh, access }
}
