import type { RefusalCode } from '../../../../contract/problems.ts'
import type { Dialect } from '../failures.ts'
import { statusOf } from '../problems.ts'
import { durationInWords } from './duration.ts'
import type { MessageName, Pages } from './pages.ts'

type Messages = { readonly [C in RefusalCode]?: MessageName }

const common: Messages = {
  'too-many-requests': 'too-often',
  'challenge-required': 'too-often', // without a script nobody solves one
  'identifier-taken': 'taken',
  'body-too-large': 'too-large',
  'unsupported-media-type': 'unreadable',
  'malformed-request': 'unreadable',
}
const A_FEW_MINUTES = 5 * 60

/**
 * How pages say that something failed: on a page, in the reader's language.
 *
 * @param own what a refusal means among these pages, where that is something else than elsewhere
 */
export function inPages(pages: Pages, own: Messages = {}): Dialect {
  const messages = { ...common, ...own }
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
