/** All SQL of the tables `mail`, `email_code` and `refused_code`. */
import { MysqlAdapter, type Selectable, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { EmailCodeTable, MailTable } from '../../platform/tables.ts'
import type { MailName } from './mails.ts'
import type { Purpose } from './purpose.ts'

export type QueuedMail = {
  id: string
  message: MailName
  userId: number | null
  isDecoy: boolean
  sealed: string
  createdAt: number
  attempts: number
  dueAt: number
  giveUpAt: number
}

export async function insertMail(tx: Db, mail: QueuedMail): Promise<void> {
  await tx
    .insertInto('mail')
    .values({
      id: mail.id,
      message: mail.message,
      user_id: mail.userId,
      is_decoy: mail.isDecoy ? 1 : 0,
      sealed: mail.sealed,
      created_at: mail.createdAt,
      attempts: mail.attempts,
      due_at: mail.dueAt,
      give_up_at: mail.giveUpAt,
    })
    .execute()
}

const mailColumns = [
  'id',
  'message',
  'user_id',
  'is_decoy',
  'sealed',
  'created_at',
  'attempts',
  'due_at',
  'give_up_at',
] as const

/** Mails that should be tried now, the one that waits longest first. */
export async function listDueMails(db: Db, now: number, most: number): Promise<QueuedMail[]> {
  const rows = await db
    .selectFrom('mail')
    .select(mailColumns)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(most)
    .execute()
  return rows.map(toMail)
}

/** Mails that are kept here, the latest first. */
export async function listMails(db: Db, most: number): Promise<QueuedMail[]> {
  const query = db.selectFrom('mail').select(mailColumns).where('is_decoy', '=', 0)
  return (await query.orderBy('created_at', 'desc').orderBy('id').limit(most).execute()).map(toMail)
}

export async function findMail(db: Db, id: string): Promise<QueuedMail | undefined> {
  const query = db.selectFrom('mail').select(mailColumns).where('id', '=', id).where('is_decoy', '=', 0)
  const row = await query.executeTakeFirst()
  return row && toMail(row)
}

/** Decoys too, from the lowest id above `after` on. */
export async function listAllMails(db: Db, after: string, most: number): Promise<Pick<QueuedMail, 'id' | 'sealed'>[]> {
  return db.selectFrom('mail').select(['id', 'sealed']).where('id', '>', after).orderBy('id').limit(most).execute()
}

/** Seals a mail anew. Compare-and-set on the old seal. */
export async function replaceSealed(db: Db, id: string, from: string, to: string): Promise<boolean> {
  const query = db.updateTable('mail').set({ sealed: to }).where('id', '=', id).where('sealed', '=', from)
  return (await query.executeTakeFirst()).numUpdatedRows === 1n
}

function toMail(row: Pick<Selectable<MailTable>, (typeof mailColumns)[number]>): QueuedMail {
  return {
    id: row.id,
    message: row.message as MailName,
    userId: row.user_id,
    isDecoy: row.is_decoy === 1,
    sealed: row.sealed,
    createdAt: row.created_at,
    attempts: row.attempts,
    dueAt: row.due_at,
    giveUpAt: row.give_up_at,
  }
}

/** Takes a mail for one try, until `until`: compare-and-set, true for the one process that got it. */
export async function claimMail(db: Db, { id, attempts, dueAt }: QueuedMail, until: number): Promise<boolean> {
  const result = await db
    .updateTable('mail')
    .set({ due_at: until, attempts: attempts + 1 })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('due_at', '=', dueAt)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Says when a mail is tried again, unless somebody else has taken it since. */
export async function postponeMail(db: Db, id: string, attempts: number, dueAt: number): Promise<void> {
  await db.updateTable('mail').set({ due_at: dueAt }).where('id', '=', id).where('attempts', '=', attempts).execute()
}

export async function deleteMail(tx: Db, id: string): Promise<boolean> {
  const result = await tx.deleteFrom('mail').where('id', '=', id).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Removes mails that nobody sends and that are older than `before`. @returns how many */
export async function purgeKeptMails(db: Db, keptAt: number, before: number): Promise<number> {
  const query = db.deleteFrom('mail').where('due_at', '=', keptAt).where('created_at', '<', before)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

export type EmailCode = {
  slot: string
  id: string
  purpose: Purpose
  userId: number | null
  address: string
  state: string
  codeHash: string | null
  tokenHash: string
  tries: number
  createdAt: number
  expiresAt: number
  usedAt: number | null
}

/** A code and its link as their user may see them. */
export type MailedCode = Pick<EmailCode, 'purpose' | 'address' | 'createdAt' | 'expiresAt' | 'usedAt'>

/** Puts a code in the place of the one that its purpose and address had: that one is void. */
export async function replaceCode(tx: Db, code: EmailCode): Promise<void> {
  const { slot, ...changes } = toRow(code)
  const insert = tx.insertInto('email_code').values({ slot, ...changes })
  const isMysql = tx.getExecutor().adapter instanceof MysqlAdapter
  const query = isMysql
    ? insert.onDuplicateKeyUpdate(changes)
    : insert.onConflict((conflict) => conflict.column('slot').doUpdateSet(changes))
  await query.execute()
}

function toRow(code: EmailCode): EmailCodeTable {
  return {
    slot: code.slot,
    id: code.id,
    purpose: code.purpose,
    user_id: code.userId,
    address: code.address,
    state: code.state,
    code_hash: code.codeHash,
    token_hash: code.tokenHash,
    tries: code.tries,
    created_at: code.createdAt,
    expires_at: code.expiresAt,
    used_at: code.usedAt,
  }
}

/** Counts one try of a code that may still be tried. False: it may not, or there is none. */
export async function countTry(tx: Db, slot: string, most: number, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('email_code')
    .set({ tries: sql<number>`tries + 1` })
    .where('slot', '=', slot)
    .where('tries', '<', most)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Counts a code that was refused, among those of a counter: a write, whether there was a code or not. */
export async function noteRefusal(tx: Db, counter: number): Promise<void> {
  const insert = tx.insertInto('refused_code').values({ counter, refusals: 1 })
  const isMysql = tx.getExecutor().adapter instanceof MysqlAdapter
  const refusals = sql<number>`refused_code.refusals + 1`
  const query = isMysql
    ? insert.onDuplicateKeyUpdate({ refusals })
    : insert.onConflict((conflict) => conflict.column('counter').doUpdateSet({ refusals }))
  await query.execute()
}

/** Uses a code or its link up: compare-and-set, true for the one who did. */
export async function useCode(tx: Db, { slot, id }: Pick<EmailCode, 'slot' | 'id'>, now: number): Promise<boolean> {
  const result = await tx
    .updateTable('email_code')
    .set({ used_at: now })
    .where('slot', '=', slot)
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Uses up all codes of a user for a purpose that were made after `after`. */
export async function useCodesAfter(
  tx: Db,
  { purpose, userId, after }: { purpose: Purpose; userId: number; after: number },
  now: number,
): Promise<void> {
  await tx
    .updateTable('email_code')
    .set({ used_at: now })
    .where('user_id', '=', userId)
    .where('purpose', '=', purpose)
    .where('created_at', '>', after)
    .where('used_at', 'is', null)
    .execute()
}

export async function findCode(db: Db, by: 'slot' | 'token_hash', value: string): Promise<EmailCode | undefined> {
  const row = await db
    .selectFrom('email_code')
    .select([
      'slot',
      'id',
      'purpose',
      'user_id',
      'address',
      'state',
      'code_hash',
      'token_hash',
      'tries',
      'created_at',
      'expires_at',
      'used_at',
    ])
    .where(by, '=', value)
    .executeTakeFirst()
  return row && toCode(row)
}

function toCode(row: EmailCodeTable): EmailCode {
  return {
    slot: row.slot,
    id: row.id,
    purpose: row.purpose as Purpose,
    userId: row.user_id,
    address: row.address,
    state: row.state,
    codeHash: row.code_hash,
    tokenHash: row.token_hash,
    tries: row.tries,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  }
}

/** @returns how many codes went that had expired before `before` */
export async function purgeCodes(db: Db, before: number): Promise<number> {
  const result = await db.deleteFrom('email_code').where('expires_at', '<', before).executeTakeFirst()
  return Number(result.numDeletedRows)
}

export async function deleteMailsOf(tx: Db, userId: number): Promise<void> {
  await tx.deleteFrom('mail').where('user_id', '=', userId).execute()
}

/** Codes that prove this user, the latest first, without what they are recognised by. */
export async function listCodesOf(db: Db, userId: number): Promise<MailedCode[]> {
  const rows = await db
    .selectFrom('email_code')
    .select(['purpose', 'address', 'created_at', 'expires_at', 'used_at'])
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('slot')
    .execute()
  return rows.map((row) => ({
    purpose: row.purpose as Purpose,
    address: row.address,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  }))
}

/** @returns the addresses that they were sent to */
export async function deleteCodesOf(tx: Db, userId: number): Promise<string[]> {
  const rows = await tx.selectFrom('email_code').select('address').where('user_id', '=', userId).execute()
  await tx.deleteFrom('email_code').where('user_id', '=', userId).execute()
  return rows.map(({ address }) => address)
}

/** `ofNobody`: only those that prove nobody. */
export async function deleteCodesAt(
  tx: Db,
  slots: readonly string[],
  { ofNobody }: { ofNobody: boolean },
): Promise<void> {
  const all = tx.deleteFrom('email_code').where('slot', 'in', slots)
  await (ofNobody ? all.where('user_id', 'is', null) : all).execute()
}
