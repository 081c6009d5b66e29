import type { ForeignHash, Passwords, StoredHash } from '../passwords/passwords.ts'
import {
  emailKey,
  type ImportedUser,
  isEmailAddress,
  type NewImportedUser,
  type User,
  type UserChange,
} from '../users/users.ts'

/** A user as another service kept one: Django, or whatever a file was written from. */
export type OldUser = {
  /** Undefined: that service gives no ids that must stay. Then the address says who it is, and a new user is given an id here. */
  id: number | undefined
  email: string
  /** A text in Django's format, a hash of another server, or null: no password there. */
  hash: string | ForeignHash | null
  firstName: string
  lastName: string
  /** Milliseconds since the epoch. */
  lastLoginAt: number | null
  isActive: boolean
  /** Whether that service says that the user reads what is sent to the address. */
  isEmailVerified: boolean
}

/** What of a user who is here already differs there. */
export type ImportChange = 'email' | 'names' | 'hash' | 'last-login' | 'disabled'

/** Why a user is left out. */
export type LeftOut = 'id-unusable' | 'address-unusable' | 'erased' | 'id-taken' | 'address-taken'

/** What of a user who is taken over is left behind. */
export type Loss = 'hash-unknown' | 'name-cut' | 'address-refused' | 'stays-disabled'

/** What becomes of one user, for the report. It holds no secret. */
export type UserOutcome =
  | {
      kind: 'left-out'
      id: number | undefined
      reason: LeftOut
      /** Who has the address, when that is the reason. */
      holderId?: number
    }
  | {
      kind: 'new' | 'changed' | 'unchanged'
      /** Undefined: a new user, who is given one. */
      id: number | undefined
      changes: readonly ImportChange[]
      losses: readonly Loss[]
    }

export type UserPlan = {
  outcome: UserOutcome
  /** What to write; nothing for who is left out. */
  user?: ImportedUser | NewImportedUser
  change?: UserChange
  hash?: string
}

/** What is here already. */
export type Here = {
  /** The user with the same id; with the same address, when there is no id. */
  user: User | undefined
  /** The user with the same address. */
  holderId: number | undefined
  /** Whether the user with the same id has been erased. */
  isErased: boolean
  /** The stored hash of that user. */
  hash: StoredHash | undefined
}

const EMAIL_CHARACTERS = 254 // the columns' widths, as the databases count: in code points
const NAME_CHARACTERS = 150
const HASH_CHARACTERS = 512

/**
 * Decides what an import makes of one user. The other service is right about names, the spelling of the address, and who may
 * not sign in; this one about hashes that it wrote itself, and about who is disabled or was erased: an import enables nobody and
 * brings nobody back. An id or an address that belongs to somebody else here stays theirs. That an address was proved is
 * believed of who is new here: who was here already may be somebody else, who registered with it before its owner came
 * (CVE-2026-53516).
 */
export function planUser(old: OldUser, here: Here, passwords: ReadsHashes): UserPlan {
  const { id } = old
  if (id !== undefined && (!Number.isSafeInteger(id) || id <= 0)) return leftOut(id, 'id-unusable')
  if (!isStorable(old.email)) return leftOut(id, 'address-unusable')
  if (here.isErased) return leftOut(id, 'erased')
  if (here.user && emailKey(here.user.email) !== emailKey(old.email)) return leftOut(id, 'id-taken')
  const holderId = id === undefined ? undefined : here.holderId
  if (holderId !== undefined && holderId !== id) return leftOut(id, 'address-taken', holderId)
  const user = toUser(old)
  const read = readHash(old.hash, passwords)
  const losses = lossesOf(old, here, read.isUnknown)
  const hash = hashToWrite(read.text, here)
  if (!here.user) {
    return { outcome: { kind: 'new', id, changes: [], losses }, user, ...(hash !== undefined && { hash }) }
  }
  const change = changeOf(here.user, user)
  const changes = changesOf(change, hash, here.user.isEnabled && !user.isEnabled)
  const kind = changes.length > 0 ? 'changed' : 'unchanged'
  return { outcome: { kind, id: here.user.id, changes, losses }, user, change, ...(hash !== undefined && { hash }) }
}

type ReadsHashes = Pick<Passwords, 'classify' | 'storedForm'>

// Of Django's hashes those that nobody can check are kept too: a later release may know how. What a file says is a hash may
// be a bare password, so of that only what can be checked is kept.
function readHash(hash: OldUser['hash'], passwords: ReadsHashes): { text: string | undefined; isUnknown: boolean } {
  if (hash === null) return { text: undefined, isUnknown: false }
  if (typeof hash === 'string') return { text: hash, isUnknown: passwords.classify(hash).kind === 'unknown' }
  const text = passwords.storedForm(hash)
  return { text, isUnknown: text === undefined }
}

function leftOut(id: number | undefined, reason: LeftOut, holderId?: number): UserPlan {
  return { outcome: { kind: 'left-out', id, reason, ...(holderId !== undefined && { holderId }) } }
}

function isStorable(email: string): boolean {
  if (email === '' || email.includes('\0')) return false
  return [email, emailKey(email)].every((text) => [...text].length <= EMAIL_CHARACTERS)
}

function toUser(old: OldUser): ImportedUser | NewImportedUser {
  return {
    ...(old.id !== undefined && { id: old.id }),
    email: old.email,
    firstName: fittingName(old.firstName),
    lastName: fittingName(old.lastName),
    isEnabled: old.isActive,
    lastLoginAt: old.lastLoginAt,
    isEmailVerified: old.isEmailVerified,
  }
}

function fittingName(name: string): string {
  return [...name.replaceAll('\0', '')].slice(0, NAME_CHARACTERS).join('')
}

function lossesOf(old: OldUser, { user }: Here, isHashUnknown: boolean): Loss[] {
  const losses: Loss[] = []
  if (isHashUnknown) losses.push('hash-unknown')
  if ([old.firstName, old.lastName].some((name) => fittingName(name) !== name)) losses.push('name-cut')
  if (!isEmailAddress(old.email)) losses.push('address-refused')
  if (old.isActive && user && !user.isEnabled) losses.push('stays-disabled')
  return losses
}

function hashToWrite(hash: string | undefined, here: Here): string | undefined {
  if (hash === undefined || here.hash?.isOurs || hash === here.hash?.text) return undefined
  return hash.length > HASH_CHARACTERS || hash.includes('\0') ? undefined : hash
}

function changeOf(here: User, there: ImportedUser | NewImportedUser): UserChange {
  return {
    ...(there.email !== here.email && { email: there.email }),
    ...(there.firstName !== here.firstName && { firstName: there.firstName }),
    ...(there.lastName !== here.lastName && { lastName: there.lastName }),
    ...(there.lastLoginAt !== null &&
      there.lastLoginAt > (here.lastLoginAt ?? 0) && { lastLoginAt: there.lastLoginAt }),
  }
}

function changesOf(change: UserChange, hash: string | undefined, isDisabledNow: boolean): ImportChange[] {
  const changes: ImportChange[] = []
  if (change.email !== undefined) changes.push('email')
  if (change.firstName !== undefined || change.lastName !== undefined) changes.push('names')
  if (hash !== undefined) changes.push('hash')
  if (change.lastLoginAt !== undefined) changes.push('last-login')
  if (isDisabledNow) changes.push('disabled')
  return changes
}
