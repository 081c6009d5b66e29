/** Pages that links in mails open. What fails here is told on a page too. */
import type { FastifyInstance } from 'fastify'
import type { Account } from '../../features/account/account.ts'
import type { Logger } from '../../platform/logger.ts'
import type { DeviceCookie } from '../device-cookie.ts'
import { registerFailures } from '../failures.ts'
import type { NoteRefusal } from '../summary-log.ts'
import { accountPages } from './account-pages.ts'
import { inPages } from './in-pages.ts'
import { registerMailPage } from './mail-page.ts'
import type { Pages } from './pages.ts'
import { registerSignInPage } from './sign-in-page.ts'

export type PageDeps = {
  logger: Logger
  pages: Pages
  account: Account
  deviceCookie: DeviceCookie
  noteRefusal: NoteRefusal
  config: { signInLinkUrl: string | undefined }
}

export function registerPages(app: FastifyInstance, deps: PageDeps): void {
  registerFailures(app, deps, inPages(deps.pages))
  for (const page of accountPages(deps.account, deps.pages)) registerMailPage(app, deps, page)
  registerSignInPage(app, deps)
  registerOtherLinks(app, deps.pages)
}

/** A link that a mail client broke still opens a page that says what to do. */
function registerOtherLinks(app: FastifyInstance, pages: Pages): void {
  const config = { limit: 'mail-link', reference: { kind: 'page' } } as const
  app.get('/mail/*', { config }, async (request, reply) =>
    pages.sendMessage(reply, { message: 'wrong', language: pages.languageOf(request), status: 404 }),
  )
}
