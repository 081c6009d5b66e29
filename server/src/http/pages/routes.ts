/** Pages that links in mails open. What fails here is told on a page too. */
import type { FastifyInstance } from 'fastify'
import type { RefusalCode } from '../../../../contract/problems.ts'
import type { Account } from '../../features/account/account.ts'
import type { Logger } from '../../platform/logger.ts'
import { type Dialect, registerFailures } from '../failures.ts'
import { statusOf } from '../problems.ts'
import type { NoteRefusal } from '../summary-log.ts'
import { accountPages } from './account-pages.ts'
import { durationInWords } from './duration.ts'
import { registerMailPage } from './mail-page.ts'
import type { MessageName, Pages } from './pages.ts'
import { registerSignInPage } from './sign-in-page.ts'

export type PageDeps = {
  logger: Logger
  pages: Pages
  account: Account
  noteRefusal: NoteRefusal
  config: { signInLinkUrl: string | undefined }
}

export function registerPages(app: FastifyInstance, deps: PageDeps): void {
  registerFailures(app, deps, inPages(deps.pages))
  for (const page of accountPages(deps.account, deps.pages)) registerMailPage(app, deps.pages, page)
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

const messages: { readonly [C in RefusalCode]?: MessageName } = {
  'too-many-requests': 'too-often',
  'challenge-required': 'too-often', // without a script nobody solves one
  'identifier-taken': 'taken',
  'body-too-large': 'too-large',
  'unsupported-media-type': 'unreadable',
  'malformed-request': 'unreadable',
}
const A_FEW_MINUTES = 5 * 60

function inPages(pages: Pages): Dialect {
  return {
    refusal(request, reply, { code, facts: { retryAfterSeconds } }) {
      const language = pages.languageOf(request)
      const status = statusOf(code)
      const message = messages[code] ?? (status >= 500 ? 'unavailable' : 'wrong')
      if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
      const wait = durationInWords(language, Number(retryAfterSeconds ?? A_FEW_MINUTES))
      return pages.sendMessage(reply, { message, language, status, facts: { wait } })
    },
    unknown(request, reply) {
      return pages.sendMessage(reply, { message: 'failed', language: pages.languageOf(request), status: 500 })
    },
  }
}
