import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import { jsonBody } from '../json-body.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { mustBeDone, proofFields, proofOf } from './proof.ts'
import { challengeField } from './recovery.ts'
import * as reference from './reference.ts'

const proof = jsonBody(
  'DeletionUndoing',
  { ...proofFields, challenge: challengeField },
  { email: 'ann@example.com', code: '123456' },
)

/** Keeping an account that is going to be deleted, by the mail about it; whoever does that is not signed in. */
export function registerDeletionUndoing(app: FastifyInstance, { account }: { account: Account }): void {
  const config = { limit: 'mail-code', reference: reference.undoDeletion(proof.reference) } as const
  app.post('/api/deletion/undo', { config }, async (request, reply) => {
    const { challenge: solution, ...given } = proof.read(request)
    const attempt = { origin: originOf(request), visitor: visitorOf(request), solution }
    mustBeDone(await account.undoDeletionByMail({ proof: proofOf(given), ...attempt }))
    return reply.code(204).send()
  })
}
