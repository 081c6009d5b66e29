/** What the buttons on the pages of links do. */
import type { Account, ProofOutcome } from '../../features/account/account.ts'
import { Refusal } from '../../platform/refusal.ts'
import type { MailPage, PageOutcome } from './mail-page.ts'
import type { MessageName, Pages } from './pages.ts'
import { inWords } from './password-reasons.ts'

export function accountPages(account: Account, pages: Pages): readonly MailPage[] {
  const askAgain = (page: 'verify-address' | 'change-address', language: string): PageOutcome => {
    return { kind: 'again', reasons: [pages.word(language, page, 'wrongPassword')] }
  }
  return [
    {
      purpose: 'verify-address',
      password: { autocomplete: 'current-password', isRequired: false },
      async act({ token, fields, language, ...by }) {
        const password = fields.get('password')
        const outcome = await account.proveAddress({ proof: { token }, caller: undefined, password, ...by })
        return outcome.kind === 'wrong-password' ? askAgain('verify-address', language) : toPage(outcome, 'verified')
      },
    },
    {
      purpose: 'change-address',
      password: { autocomplete: 'current-password', isRequired: true },
      async act({ token, fields, language, ...by }) {
        const password = fields.get('password') ?? ''
        const outcome = await account.finishAddressChange({ token, password, ...by })
        if (outcome.kind === 'wrong-password') return askAgain('change-address', language)
        return toPage(outcome, 'address-changed')
      },
    },
    {
      purpose: 'undo-address-change',
      act: async ({ token, ...by }) => toPage(await account.undoAddressChange({ token, ...by }), 'undone'),
    },
    {
      purpose: 'undo-deletion',
      act: async ({ token, origin, visitor }) =>
        toPage(await account.undoDeletionByMail({ proof: { token }, origin, visitor }), 'account-kept'),
    },
    {
      purpose: 'recover-password',
      password: { autocomplete: 'new-password', isRequired: true },
      makesKnown: true,
      async act({ token, fields, language, ...by }) {
        const password = fields.get('password') ?? ''
        try {
          return toPage(await account.recoverPassword({ proof: { token }, password, ...by }), 'password-set')
        } catch (error) {
          return againWhenRefused(error, pages, language)
        }
      },
    },
  ]
}

function toPage(outcome: ProofOutcome, message: MessageName): PageOutcome {
  return outcome.kind === 'done' ? { kind: 'done', message } : { kind: outcome.kind }
}

/** The policy refused the password: the form again, with its reasons. The link is still good. */
function againWhenRefused(error: unknown, pages: Pages, language: string): PageOutcome {
  if (!(error instanceof Refusal) || error.code !== 'password-refused') throw error
  const reasons = error.facts.reasons as readonly string[]
  return { kind: 'again', reasons: reasons.map((reason) => inWords(pages, language, reason)) }
}
