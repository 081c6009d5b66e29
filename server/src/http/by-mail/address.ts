import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { Sessions } from '../../features/sessions/sessions.ts'
import { createRequireUser } from '../caller.ts'
import { jsonBody, optional, text } from '../json-body.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { mustBeDone, proofFields, proofOf } from './proof.ts'
import { challengeField } from './recovery.ts'
import * as reference from './reference.ts'

const proof = jsonBody(
  'AddressProof',
  {
    ...proofFields,
    password: optional(
      text({ most: 4096, description: 'Of the account: it stays then, also the first time and without a session.' }),
    ),
    challenge: challengeField,
  },
  { email: 'ann@example.com', code: '123456' },
)

/** Proving an address, signed in or not: with an access token the session and what it was proven with stay. */
export function registerAddressProof(
  app: FastifyInstance,
  { account, sessions }: { account: Account; sessions: Sessions },
): void {
  const requireUser = createRequireUser({ sessions })
  const callerIn = async (request: FastifyRequest) =>
    request.headers.authorization === undefined ? undefined : requireUser(request)

  const config = { limit: 'mail-code', reference: reference.verifyAddress(proof.reference) } as const
  app.post('/api/email/verify', { config }, async (request, reply) => {
    const { password, challenge: solution, ...given } = proof.read(request)
    const caller = await callerIn(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request), solution }
    const outcome = await account.proveAddress({ proof: proofOf(given), caller, password, ...attempt })
    mustBeDone(outcome)
    return reply.code(204).send()
  })
}
