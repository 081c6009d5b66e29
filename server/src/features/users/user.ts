/** A person who can sign in. `id` is what other services keep, an integer. */
export type User = {
  id: number
  /** As it was typed at registration; compared without regard to case. */
  email: string
  firstName: string
  lastName: string
  isEnabled: boolean
  /** Milliseconds since the epoch. */
  createdAt: number
  lastLoginAt: number | null
  /** When all sessions were ended at once. */
  sessionsEndedAt: number | null
  /** When the user proved to read what is sent to the address; null: never. */
  emailVerifiedAt: number | null
  /** Language of mails and pages (BCP 47); null: not chosen. */
  locale: string | null
  /** Whether nobody may sign in before the address is proved. */
  awaitsProof: boolean
  /** Whether a sign-in looks for a second factor: the user has set one up. */
  hasSecondFactor: boolean
}

export type NewUser = Pick<User, 'email' | 'firstName' | 'lastName'> & Partial<Pick<User, 'locale' | 'awaitsProof'>>

/** `first`: nobody had proved this address for this user before. `changed`: the user has another address, or is gone. */
export type EmailProof = 'first' | 'again' | 'changed'

/** A user who was registered elsewhere and keeps the id. */
export type ImportedUser = Pick<User, 'id' | 'email' | 'firstName' | 'lastName' | 'isEnabled' | 'lastLoginAt'> & {
  /** Whether it was proved there that the user reads what is sent to the address. */
  isEmailVerified: boolean
}

/** A user who was registered elsewhere and is given an id here. */
export type NewImportedUser = Omit<ImportedUser, 'id'>

export type UserChange = Partial<Pick<User, 'email' | 'firstName' | 'lastName' | 'lastLoginAt'>>
