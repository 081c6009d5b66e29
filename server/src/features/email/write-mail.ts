import { afterCommit } from '../../platform/after-commit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Facts, Templates } from '../../platform/templates/templates.ts'
import { isMailable } from '../users/users.ts'
import { NEVER } from './delivery.ts'
import type { MailName } from './mails.ts'
import { shownAddress } from './shown-address.ts'
import { insertMail, type QueuedMail } from './store.ts'

/**
 * What becomes of mails: `smtp` sends them, `development` keeps them for whoever looks into the mailbox, `off` refuses whatever
 * needs one.
 */
export type MailMode = 'smtp' | 'development' | 'off'

export type WritingDeps = {
  mode: MailMode
  clock: Clock
  logger: Logger
  sealer: Sealer
  templates: Templates
  /** What the mails call the service. */
  serviceName: string
  /** Told when a mail is there to be sent. */
  wake: () => void
}

export type NewMail = {
  message: MailName
  userId: number | null
  /** The one recipient: the address as it is stored. */
  to: string
  language: string
  /** Beside those that every mail has. */
  facts: Facts
  /** Until when it is worth being sent (milliseconds since the epoch). */
  giveUpAt: number
  isDecoy?: boolean
}

/** A mail as it is sent. */
export type MailContent = { to: string; language: string; subject: string; text: string; html: string }

/**
 * Writes a mail in the caller's transaction; it is sent once that is committed. To what is no address for mails, as an import may
 * leave one, it is a decoy: what the mail tells of is done all the same.
 */
export async function writeMail(deps: WritingDeps, tx: Db, mail: NewMail): Promise<void> {
  const { mode, clock, sealer, wake } = deps
  const isDecoy = mail.isDecoy === true || !canReach(deps, mail)
  const now = clock.now()
  const id = randomId()
  const content: MailContent = { to: mail.to, language: mail.language, ...render(deps, mail) }
  await insertMail(tx, {
    id,
    message: mail.message,
    userId: mail.userId,
    isDecoy,
    sealed: sealer.seal(Buffer.from(JSON.stringify(content)), contextOf(id)),
    createdAt: now,
    attempts: 0,
    dueAt: mode === 'smtp' ? now : NEVER,
    giveUpAt: mail.giveUpAt,
  })
  afterCommit(tx, wake)
}

/** @throws Error when it was sealed under a key that is not known here */
export function openMail(sealer: Sealer, { id, sealed }: Pick<QueuedMail, 'id' | 'sealed'>): MailContent {
  return JSON.parse(sealer.open(sealed, contextOf(id)).toString()) as MailContent
}

// A sealed mail that is moved to another row does not open.
export const contextOf = (id: string) => `mail:${id}`

// A list of addresses or a quoted part would send it to a victim (CVE-2022-35924, GHSA-5jpx-9hw9-2fx4).
function canReach({ logger }: WritingDeps, { message, userId, to }: NewMail): boolean {
  if (isMailable(to)) return true
  logger.warn({ message, userId }, 'mail not written: nothing can be sent to the address')
  return false
}

function render({ templates, serviceName }: WritingDeps, { message, language, to, facts }: NewMail) {
  const all: Facts = {
    ...templates.always(language),
    service: { isolated: serviceName },
    address: { isolated: shownAddress(to) },
    ...facts,
  }
  return {
    subject: templates.say(message, 'subject', language, all),
    text: templates.render(message, 'txt', language, all),
    html: templates.render(message, 'html', language, all),
  }
}
