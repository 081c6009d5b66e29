import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { FreshProof } from '../fresh-proof.ts'
import { visitorOf } from '../limits.ts'
import { timeText } from '../time-text.ts'
import { accountCaller } from './account-caller.ts'
import * as reference from './deletion-reference.ts'

/** Leaving: the account is deleted after a delay, during which that can be taken back. */
export function registerAccountDeletion(app: FastifyInstance, deps: FreshProof & { account: Account }): void {
  const { account, requireFresh } = deps

  const config = { limit: 'deletion', reference: reference.deleteAccount } as const
  app.delete('/api/account', { config }, async (request, reply) => {
    const { dueAt, isErased, waysBack } = await account.delete(await requireFresh(request), {
      visitor: visitorOf(request),
    })
    return reply
      .code(isErased ? 200 : 202)
      .send({ at: timeText(dueAt), is_deleted: isErased, undo: waysBack, kept: reference.kept })
  })

  app.post('/api/account/deletion/undo', { config: { reference: reference.undoDeletion } }, async (request, reply) => {
    await account.undoDeletion(accountCaller(request))
    return reply.code(204).send()
  })
}
