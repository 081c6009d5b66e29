/** Pages that links in mails open. What fails here is told on a page too. */
import type { FastifyError, FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { Logger } from '../../platform/logger.ts'
import { Refusal } from '../../platform/refusal.ts'
import { refusalOfFramework, statusOf } from '../problems.ts'
import type { NoteRefusal } from '../summary-log.ts'
import { accountPages } from './account-pages.ts'
import { registerMailPage } from './mail-page.ts'
import type { Pages } from './pages.ts'
import { registerSignInPage } from './sign-in-page.ts'

export type PageDeps = {
  logger: Logger
  pages: Pages
  account: Account
  noteRefusal: NoteRefusal
  config: { signInLinkUrl: string | undefined }
}

export function registerPages(app: FastifyInstance, deps: PageDeps): void {
  registerErrors(app, deps)
  for (const page of accountPages(deps.account, deps.pages)) registerMailPage(app, deps.pages, page)
  registerSignInPage(app, deps)
}

function registerErrors(app: FastifyInstance, { logger, pages, noteRefusal }: PageDeps): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = error instanceof Refusal ? error : refusalOfFramework(error)
    const language = pages.languageOf(request)
    if (!refusal) {
      logger.error({ err: error, requestId: request.id }, 'request failed')
      return pages.sendMessage(reply, { message: 'failed', language, status: 500 })
    }
    if (refusal.cause)
      logger.warn({ err: refusal.cause, requestId: request.id, refusal: refusal.code }, 'request refused')
    noteRefusal(request, reply, refusal.code)
    const status = statusOf(refusal.code)
    return pages.sendMessage(reply, { message: status >= 500 ? 'unavailable' : 'wrong', language, status })
  })
}
