import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { NOTICE_LIFETIME_MS } from './delivery.ts'
import { originFacts } from './origin-facts.ts'
import { type WritingDeps, writeMail } from './write-mail.ts'

/** What a factor is called: a key of the words' group `names`. */
export type MethodName = 'totp' | 'passkey' | 'recovery-codes'

export type Notice = {
  to: string
  userId: number | null
  locale: string | null
  /** When and from where it was done; the mail says so. */
  origin: Origin
  /** For whom it would be for nobody: the same work, and no mail. */
  isDecoy?: boolean
} & (
  | {
      message:
        | 'address-taken'
        | 'unproven-address-changed'
        | 'password-changed'
        | 'recovery-codes-made'
        | 'account-exported'
        | 'deletion-undone'
        | 'account-deleted'
    }
  | { message: 'factor-added' | 'factor-removed' | 'factor-disabled'; facts: { factor: MethodName } }
  | { message: 'factors-reset'; facts: { factors: readonly MethodName[] } }
)

/** Tells the owner of an address what was done. Where mail is off nobody is told: what was done stays done. */
export async function notify(deps: WritingDeps, tx: Db, notice: Notice): Promise<void> {
  if (deps.mode === 'off') return
  const { templates, clock } = deps
  const language = templates.languageFor(notice.locale)
  const now = clock.now()
  const say = (name: MethodName) => templates.word(language, 'names', name) ?? name
  const named = Object.entries('facts' in notice ? notice.facts : {}).map(([fact, names]) => {
    return [fact, [names].flat().map(say).join(' · ')]
  })
  await writeMail(deps, tx, {
    message: notice.message,
    userId: notice.userId,
    to: notice.to,
    language,
    giveUpAt: now + NOTICE_LIFETIME_MS,
    ...(notice.isDecoy !== undefined && { isDecoy: notice.isDecoy }),
    facts: { ...originFacts(templates, language, notice.origin, now), ...Object.fromEntries(named) },
  })
}
