import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SignIn, StepUpProof } from '../../features/sign-in/sign-in.ts'
import { refused } from '../../platform/refusal.ts'
import { callerOf } from '../caller.ts'
import { jsonBody, jsonObject, optional, text } from '../json-body.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { timeText } from '../time-text.ts'
import * as reference from './step-up-reference.ts'

const proofBody = jsonBody(
  'StepUp',
  {
    password: optional(text({ most: 4096 })),
    code: optional(text({ most: 100, description: 'A code of the app.' })),
    recovery_code: optional(text({ most: 100 })),
    credential: optional(jsonObject('The answer of an authenticator to `POST /api/account/step-up/passkey`.')),
  },
  { password: 'three red apples' },
)

/** Proving again who one is, in the session at hand: what RFC 9470 sends people to. */
export function registerAccountStepUp(app: FastifyInstance, { signIn }: { signIn: SignIn }): void {
  const config = { limit: 'step-up', reference: reference.stepUp(proofBody.reference) } as const
  app.post('/api/account/step-up', { config }, async (request) => {
    const proof = proofOf(proofBody.read(request))
    const attempt = { proof, origin: originOf(request), visitor: visitorOf(request) }
    const { amr, acr, authenticatedAt } = await signIn.stepUp({ ...sessionOf(request), ...attempt })
    return { amr, acr, authenticated_at: timeText(authenticatedAt) }
  })

  const startConfig = { limit: 'ceremony', reference: reference.startPasskeyStepUp } as const
  app.post('/api/account/step-up/passkey', { config: startConfig }, (request) =>
    signIn.startPasskeyStepUp(sessionOf(request)),
  )
}

/** A token of the old service names no session that could be raised: its owner signs in. */
function sessionOf(request: FastifyRequest): { userId: number; sessionId: string } {
  const { userId, sessionId } = callerOf(request)
  if (sessionId === undefined) throw refused('token-refused', { reason: 'ended' })
  return { userId, sessionId }
}

function proofOf(given: {
  password: string | undefined
  code: string | undefined
  recovery_code: string | undefined
  credential: Record<string, unknown> | undefined
}): StepUpProof {
  const { password, code, recovery_code: recoveryCode, credential } = given
  if (credential) return { method: 'passkey', response: credential }
  if (code !== undefined) return { method: 'totp', code }
  if (recoveryCode !== undefined) return { method: 'recovery_code', code: recoveryCode }
  if (password !== undefined) return { method: 'password', password }
  const detail = 'must hold one of password, code, recovery_code, credential'
  throw refused('malformed-request', { errors: [{ pointer: '', detail }] })
}
