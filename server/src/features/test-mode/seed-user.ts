import type { AuthMethod } from '../../../../contract/claims.ts'
import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { refused } from '../../platform/refusal.ts'
import type { TokenPair } from '../sessions/sessions.ts'
import type { User } from '../users/users.ts'
import type { TestModeDeps } from './deps.ts'

export type Seed = {
  email: string
  /** The policy is asked, as for everybody. */
  password: string
  firstName: string
  lastName: string
  /** Whether the address is proved. */
  isVerified: boolean
  /** Of an app for codes, in base 32: a second factor then. */
  totpSecret?: string | undefined
  roles: readonly string[]
  /** Whether the user is signed in, with all factors. */
  withTokens: boolean
  origin: Origin
}

export type SeededUser = {
  user: User
  /** Empty without a second factor. */
  recoveryCodes: readonly string[]
  tokens: TokenPair | undefined
}

export async function seedUser(deps: TestModeDeps, seed: Seed): Promise<SeededUser> {
  const { database, users, lifecycle, sessions } = deps
  const { email, password, firstName, lastName, roles } = seed
  const { id } = await lifecycle.create({ email, password, firstName, lastName, roles })
  try {
    const { recoveryCodes, session } = await database.transaction((tx) => furnish(deps, tx, id, seed))
    const user = await users.find(id)
    if (!user) throw refused('conflict') // a reset at the same time
    return { user, recoveryCodes, tokens: session && sessions.firstTokens(session) }
  } catch (error) {
    await lifecycle.erase(id) // all of it or nothing
    throw error
  }
}

async function furnish(deps: TestModeDeps, tx: Db, userId: number, seed: Seed) {
  const { clock, events, users, sessions } = deps
  const { email, isVerified, totpSecret, withTokens, origin } = seed
  const actor = { kind: 'system' } as const
  if (isVerified) {
    await users.proveEmail(tx, userId, email)
    await events.append(tx, { type: 'email.verified', userId, actor, origin })
  }
  const recoveryCodes = totpSecret === undefined ? [] : await addApp(deps, tx, { userId, secret: totpSecret, origin })
  if (!withTokens) return { recoveryCodes, session: undefined }
  await users.recordLogin(tx, userId)
  const amr: readonly AuthMethod[] = totpSecret === undefined ? ['pwd'] : ['pwd', 'otp']
  const session = await sessions.open(tx, userId, { origin, proof: { amr, authenticatedAt: clock.now() } })
  return { recoveryCodes, session }
}

async function addApp(
  { events, users, totp }: TestModeDeps,
  tx: Db,
  { userId, secret, origin }: { userId: number; secret: string; origin: Origin },
): Promise<readonly string[]> {
  if (!(await totp.adopt(tx, { userId, secret })))
    throw refused('malformed-request', { errors: [{ pointer: '/totp_secret', detail: 'must be a secret in base 32' }] })
  await users.noteSecondFactor(tx, userId, true)
  const told = { userId, actor: { kind: 'system' }, origin } as const
  await events.append(tx, { type: 'factor.added', ...told, data: { factor: 'totp' } })
  await events.append(tx, { type: 'recovery-codes.made', ...told, data: { factor: 'recovery-code' } })
  return totp.makeRecoveryCodes(tx, userId)
}
