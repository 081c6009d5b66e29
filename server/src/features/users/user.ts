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
}

export type NewUser = Pick<User, 'email' | 'firstName' | 'lastName'>

/** A user who was registered elsewhere and keeps the id. */
export type ImportedUser = NewUser & Pick<User, 'id' | 'isEnabled' | 'lastLoginAt'>

/** A user who was registered elsewhere and is given an id here. */
export type NewImportedUser = Omit<ImportedUser, 'id'>

export type UserChange = Partial<Pick<User, 'email' | 'firstName' | 'lastName' | 'lastLoginAt'>>
