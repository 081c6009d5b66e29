/** The mails that are here: in development, where nobody sends them, the mailbox of everybody. */
import type { Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { MailName } from './mails.ts'
import { findMail, listMails, type QueuedMail } from './store.ts'
import { type MailContent, openMail } from './write-mail.ts'

export type KeptMail = MailContent & { id: string; message: MailName; createdAt: number }

const MOST = 200

/** The latest first. */
export async function readMailbox(db: Db, sealer: Sealer): Promise<KeptMail[]> {
  return (await listMails(db, MOST)).filter(({ sealed }) => sealer.canOpen(sealed)).map((mail) => toKept(sealer, mail))
}

export async function readMail(db: Db, sealer: Sealer, id: string): Promise<KeptMail | undefined> {
  const mail = await findMail(db, id)
  return mail && sealer.canOpen(mail.sealed) ? toKept(sealer, mail) : undefined
}

function toKept(sealer: Sealer, mail: QueuedMail): KeptMail {
  const { id, message, createdAt } = mail
  return { id, message, createdAt, ...openMail(sealer, mail) }
}
