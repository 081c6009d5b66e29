/** The signed-in person, for themselves. Every route of this folder needs a good access token; none takes somebody's id. */
import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { Sessions } from '../../features/sessions/sessions.ts'
import type { SignIn } from '../../features/sign-in/sign-in.ts'
import type { Logger } from '../../platform/logger.ts'
import { createRequireUser, createStepUp } from '../caller.ts'
import { createFreshProof } from '../fresh-proof.ts'
import { limitUnlessDeclared } from '../limits.ts'
import { registerAccountCredentials } from './credentials.ts'
import { registerAccountDeletion } from './deletion.ts'
import { registerAccountExport } from './export.ts'
import { registerAccountHistory } from './history.ts'
import { registerAccountPasskeys } from './passkeys.ts'
import { registerAccountProfile } from './profile.ts'
import { registerAccountSessions } from './sessions.ts'
import { registerAccountStepUp } from './step-up.ts'
import { registerAccountTotp } from './totp.ts'

export function registerAccount(
  app: FastifyInstance,
  deps: { sessions: Sessions; signIn: SignIn; account: Account; logger: Logger; config: { serviceName: string } },
): void {
  const requireUser = createRequireUser(deps)
  limitUnlessDeclared(app, 'signed-in')
  app.decorateRequest('caller', null)
  app.addHook('preHandler', async (request) => {
    request.caller = await requireUser(request)
  })
  registerAccountProfile(app, deps)
  registerAccountSessions(app, deps)
  registerAccountHistory(app, deps)
  registerAccountStepUp(app, deps)

  const { factors } = deps.signIn
  const freshProof = createFreshProof({ factors, stepUp: createStepUp(deps) })
  registerAccountTotp(app, { factors, ...freshProof })
  registerAccountPasskeys(app, { factors, ...freshProof })
  registerAccountCredentials(app, { account: deps.account, ...freshProof })
  registerAccountDeletion(app, { account: deps.account, ...freshProof })
  registerAccountExport(app, { account: deps.account, config: deps.config, logger: deps.logger, ...freshProof })
}
