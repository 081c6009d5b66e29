/**
 * Email: proving who reads the mails to an address, and telling its owner what was done. Mails are rows, written in the
 * transaction of what they tell, and sent after it. A code and a link are one row each purpose and address, used once.
 */
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Mailer } from '../../platform/mailer.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { Sealer } from '../../platform/secrets.ts'
import { loadTemplates } from '../../platform/templates/templates.ts'
import type { Events } from '../events/events.ts'
import { isMailable, type User, type Users } from '../users/users.ts'
import { type CheckOutcome, checkCode, checkToken, peek } from './check-code.ts'
import { createDelivery } from './deliver-mails.ts'
import { KEPT_MS, NEVER } from './delivery.ts'
import type { MailProof } from './mail-proof.ts'
import { type KeptMail, readMail, readMailbox } from './mailbox.ts'
import { mails } from './mails.ts'
import { type Notice, notify } from './notify.ts'
import type { Purpose } from './purpose.ts'
import { removeAllOf } from './remove-all-of.ts'
import { sealAgain } from './seal-again.ts'
import { type CodeRequest, sendCode } from './send-code.ts'
import type { MailedCode } from './store.ts'
import * as store from './store.ts'
import { type VerifyOutcome, verifyAddress } from './verify-address.ts'
import type { MailMode } from './write-mail.ts'

export type { CheckOutcome } from './check-code.ts'
export { attemptOf, type MailProof } from './mail-proof.ts'
export type { KeptMail } from './mailbox.ts'
export type { MethodName, Notice } from './notify.ts'
export type { Purpose } from './purpose.ts'
export type { CodeRequest } from './send-code.ts'
export type { MailedCode } from './store.ts'
export type { VerifyOutcome } from './verify-address.ts'
export type { MailMode } from './write-mail.ts'

export type Email = {
  mode: MailMode
  /** For what cannot be without mail, before it does anything. @throws Refusal 'mail-not-configured' */
  requireMail(): void
  /** Whether a mail to this address would be sent. */
  canReach(address: string): boolean
  /** The best language that there is for one that was asked for (BCP 47), or the default one. */
  languageFor(wanted: string | null | undefined): string
  /**
   * Mails a six-digit code and a link, in the caller's transaction. What the address was sent for this purpose before is void.
   *
   * @throws Refusal 'mail-not-configured'
   */
  sendCode(tx: Db, request: CodeRequest): Promise<void>
  /**
   * Tries a code that somebody typed. The caller compares `userId` (null: of nobody, as for a decoy that was guessed) and `state`,
   * and returns the outcome from its transaction: thrown away, a wrong try would not count.
   */
  checkCode(tx: Db, given: { purpose: Purpose; address: string; code: string }): Promise<CheckOutcome>
  /** Tries the token of a link. The same holds. */
  checkToken(tx: Db, given: { purpose: Purpose; token: string }): Promise<CheckOutcome>
  /** Tries whichever of both somebody shows. */
  checkProof(tx: Db, purpose: Purpose, proof: MailProof): Promise<CheckOutcome>
  /** Whom a link was sent to, and for whom, good or not: it is looked at only, and nobody guesses a token. */
  peek(given: { purpose: Purpose; token: string }): Promise<{ address: string; userId: number | null } | undefined>
  /** Voids what the user was sent for a purpose after a time (milliseconds since the epoch), to whichever address. */
  voidLater(tx: Db, sent: { purpose: Purpose; userId: number; after: number }): Promise<void>
  /** Tells somebody what was done, in the caller's transaction. Does nothing where mail is off. */
  notify(tx: Db, notice: Notice): Promise<void>
  /** Notes what a check of the purpose `verify-address` has proved; `sessionId`: the session of theirs that it was shown in. */
  verifyAddress(
    tx: Db,
    outcome: CheckOutcome,
    shown: { sessionId?: string | undefined; origin: Origin },
  ): Promise<VerifyOutcome>
  /** Sends what is due, some at a time. Resolves when nothing more is, also when others send the rest. @returns how many */
  deliver(): Promise<number>
  /** Calls back whenever a mail was written here and its transaction committed. */
  onWritten(listener: () => void): void
  /** The mails that were not sent, the latest first. */
  mailbox(): Promise<KeptMail[]>
  findMail(id: string): Promise<KeptMail | undefined>
  /** Removes a mail; false: there is none. */
  discard(id: string): Promise<boolean>
  /**
   * What a user was mailed of late to prove, at which address, the latest first. Without the address that the user wants to have:
   * where somebody else has it nothing is kept with the user's number, and nobody may learn by that which of both it is.
   */
  listCodes(userId: number): Promise<MailedCode[]>
  /** Removes mails and codes of a user, and codes that others asked for at the user's address. */
  removeAllOf(tx: Db, user: Pick<User, 'id' | 'email'>): Promise<void>
  /** Removes codes that expired over a day ago, and mails of the development mailbox that are a day old. @returns how many */
  purge(): Promise<number>
  /** Seals the mails that wait under the SECRET_KEY in use. @returns how many were under another */
  sealAgain(): Promise<number>
  /** Begins no other mail; resolves when those that are being sent have been. */
  end(): Promise<void>
}

export type EmailDeps = {
  database: Database
  clock: Clock
  logger: Logger
  sealer: Sealer
  events: Events
  users: Users
  /** Undefined: nothing is sent. */
  mailer: Mailer | undefined
  config: {
    mode: MailMode
    /** Links begin with it. */
    publicUrl: string
    serviceName: string
    defaultLanguage: string
    /** Folder with templates of the operator. */
    templatesDir: string | undefined
    /** Whether an application takes links to sign in with; otherwise those mails have a code alone. */
    hasSignInLink: boolean
    /** Every code is this one; undefined, and never otherwise but in test mode: by chance. */
    fixedCode: string | undefined
  }
}

const OWN_TEMPLATES = fileURLToPath(new URL('mails', import.meta.url))

/** @throws Error when a template is wrong */
export function createEmail(deps: EmailDeps): Email {
  const { database, clock, sealer, mailer, config } = deps
  const { templatesDir: override, defaultLanguage } = config
  const templates = loadTemplates({
    folder: OWN_TEMPLATES,
    override,
    kinds: ['html', 'txt'],
    documents: mails,
    defaultLanguage,
  })
  const listeners: (() => void)[] = []
  const wake = () => {
    for (const listener of listeners) listener()
  }
  const parts = { ...deps, ...config, templates, wake }
  const delivery = mailer && createDelivery({ ...deps, mailer })

  return {
    mode: config.mode,
    requireMail() {
      if (config.mode === 'off') throw refused('mail-not-configured')
    },
    canReach: (address) => config.mode !== 'off' && isMailable(address),
    languageFor: templates.languageFor,
    sendCode: (tx, request) => sendCode(parts, tx, request),
    checkCode: (tx, given) => checkCode(parts, tx, given),
    checkToken: (tx, given) => checkToken(parts, tx, given),
    checkProof: (tx, purpose, proof) =>
      'token' in proof
        ? checkToken(parts, tx, { purpose, token: proof.token })
        : checkCode(parts, tx, { purpose, address: proof.email, code: proof.code }),
    peek: (given) => peek(database.db, given),
    voidLater: (tx, sent) => store.useCodesAfter(tx, sent, clock.now()),
    notify: (tx, notice) => notify(parts, tx, notice),
    verifyAddress: (tx, outcome, shown) => verifyAddress(parts, tx, outcome, shown),
    deliver: async () => delivery?.deliver() ?? 0,
    onWritten: (listener) => void listeners.push(listener),
    mailbox: () => readMailbox(database.db, sealer),
    findMail: (id) => readMail(database.db, sealer, id),
    discard: (id) => database.statement((db) => store.deleteMail(db, id)),
    listCodes: async (userId) =>
      (await store.listCodesOf(database.db, userId)).filter(({ purpose }) => purpose !== 'change-address'),
    removeAllOf,
    purge: async () => {
      const before = clock.now() - KEPT_MS
      return (await store.purgeCodes(database.db, before)) + (await store.purgeKeptMails(database.db, NEVER, before))
    },
    sealAgain: () => sealAgain(deps),
    end: async () => delivery?.end(),
  }
}
