/** What a role is. A permission is a word; a role is a name for a list of them. Pure. */

export type Role = {
  name: string
  permissions: readonly string[]
  /** Comes with the service: it cannot be changed or removed. */
  isBuiltIn: boolean
}

/** Holds every permission there is and will be. */
export const EVERYTHING = '*'

/** What the admin API asks for. Applications add words of their own. */
export const adminPermissions = {
  'users:read': 'See users, their sessions and their history.',
  'users:write': 'Disable, enable, erase users; reset their factors.',
  'sessions:end': 'End the sessions of users.',
  'roles:write': 'Define roles, give and take them.',
  'keys:write': 'See, rotate and retire signing keys.',
  'audit:read': 'Search the events.',
  'webhooks:read': 'See where events are sent, and what became of them.',
  'webhooks:write': 'Define where events are sent, and send them again.',
} as const

export type AdminPermission = keyof typeof adminPermissions

export const builtInRoles: readonly Role[] = [
  { name: 'admin', permissions: [EVERYTHING], isBuiltIn: true },
  { name: 'operator', permissions: ['audit:read', 'sessions:end', 'users:read', 'users:write'], isBuiltIn: true },
  { name: 'support', permissions: ['sessions:end', 'users:read'], isBuiltIn: true },
  { name: 'auditor', permissions: ['audit:read', 'users:read'], isBuiltIn: true },
]

// Visible ASCII without comma and space: role names go into headers as a list.
const NAME = /^[a-z][a-z0-9._-]{0,49}$/
const PERMISSION = /^[a-z][a-z0-9._-]{0,49}(:[a-z0-9._-]{1,50}){0,2}$/

export const isRoleName = (name: string): boolean => NAME.test(name)
export const isPermission = (word: string): boolean => PERMISSION.test(word)

/**
 * What whoever gives, takes, defines or removes a role must hold: all that is in it. One without permissions is a name that
 * applications decide by, and everybody holds all that is in nothing: it is for whoever may do everything.
 */
export const neededFor = (permissions: readonly string[]): readonly string[] =>
  permissions.length > 0 ? permissions : [EVERYTHING]

/** Whether whoever holds the first also holds all of the second. */
export function covers(held: Iterable<string>, wanted: Iterable<string>): boolean {
  const words = new Set(held)
  return words.has(EVERYTHING) || [...wanted].every((word) => words.has(word))
}
