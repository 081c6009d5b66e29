import { afterCommit } from '../../platform/after-commit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import { randomId } from '../../platform/random.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Facts, Templates } from '../../platform/templates/templates.ts'
import { isEmailAddress } from '../users/users.ts'
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

/** Writes a mail in the caller's transaction; it is sent once that is committed. */
export async function writeMail(deps: WritingDeps, tx: Db, mail: NewMail): Promise<void> {
  const { mode, clock, sealer, wake } = deps
  const now = clock.now()
  const id = randomId()
  const content: MailContent = { to: oneAddress(mail.to), language: mail.language, ...render(deps, mail) }
  await insertMail(tx, {
    id,
    message: mail.message,
    userId: mail.userId,
    isDecoy: mail.isDecoy ?? false,
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

const ADDRESS_CHARACTERS = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets

// Whoever stores an address has judged it. A list of addresses or a quoted part here would be a mistake of ours with a
// victim (CVE-2022-35924, GHSA-5jpx-9hw9-2fx4).
function oneAddress(address: string): string {
  if (isEmailAddress(address) && address.length <= ADDRESS_CHARACTERS) return address
  throw new TypeError('a mail goes to one address')
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
