import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { Logger } from '../../platform/logger.ts'
import type { FreshProof } from '../fresh-proof.ts'
import { visitorOf } from '../limits.ts'
import { timeText } from '../time-text.ts'
import { filesOf } from './export-files.ts'
import { exportReference } from './export-reference.ts'
import { zipOf } from './zip.ts'

type Deps = FreshProof & { account: Account; logger: Logger; config: { serviceName: string } }

/** Taking a copy of all that is kept about oneself. By POST: it is told as an event, and nobody is led to it by a link. */
export function registerAccountExport(app: FastifyInstance, { account, config, logger, requireFresh }: Deps): void {
  const route = { config: { limit: 'export', reference: exportReference } } as const
  app.post('/api/account/export', route, async (request, reply) => {
    const taken = await account.export(await requireFresh(request), { visitor: visitorOf(request) })
    const archive = await zipOf(filesOf(taken, config.serviceName), new Date(taken.takenAt))
    // The answer has begun by then: nobody else would tell of it.
    archive.on('error', (error) =>
      logger.error({ err: error, requestId: request.id }, 'a copy of an account broke off'),
    )
    const day = timeText(taken.takenAt).slice(0, 10)
    return reply
      .type('application/zip')
      .header('content-disposition', `attachment; filename="account-${taken.user.id}-${day}.zip"`)
      .send(archive)
  })
}
