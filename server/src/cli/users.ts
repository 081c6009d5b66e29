/** `samurai-auth users …`: what an operator does to one user, named by e-mail address or id. */
import { text } from 'node:stream/consumers'
import { type Lifecycle, resettableFactors } from '../features/lifecycle/lifecycle.ts'
import { randomSecret } from '../platform/random.ts'
import { Refusal } from '../platform/refusal.ts'
import { exitCodes, readOneWord, readWords, UsageError } from './command.ts'

/** Opens the service for one piece of work. */
export type UseLifecycle = <T>(work: (lifecycle: Lifecycle) => Promise<T>) => Promise<T>

const WHO = 'e-mail address or id'

export async function showUser(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word } = readOneWord(args, {}, WHO)
  const user = await use((lifecycle) => lifecycle.find(word))
  const rows = [
    ['id', user.id],
    ['e-mail', user.email],
    ['name', `${user.firstName} ${user.lastName}`.trim() || '-'],
    ['state', user.isEnabled ? 'enabled' : 'disabled'],
    ['created', timeText(user.createdAt)],
    ['last login', timeText(user.lastLoginAt)],
  ] as const
  for (const [name, value] of rows) console.log(`${name.padEnd(11)} ${value}`)
  return exitCodes.done
}

const GENERATED_BYTES = 15 // 120 bits in 20 characters

/** Makes a user, as an admin or with other roles: how the first operator comes to be. */
export async function createUser(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word: email, values } = readOneWord(
    args,
    {
      admin: { type: 'boolean' },
      role: { type: 'string', multiple: true },
      'first-name': { type: 'string' },
      'last-name': { type: 'string' },
      'password-stdin': { type: 'boolean' },
    },
    'e-mail address',
  )
  const given = values['password-stdin'] ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined
  const password = given ?? randomSecret(GENERATED_BYTES).toString('base64url')
  const roles = [...(values.admin ? ['admin'] : []), ...(values.role ?? [])]
  const names = { firstName: values['first-name'] ?? '', lastName: values['last-name'] ?? '' }
  const { id } = await use((lifecycle) => lifecycle.create({ email, password, roles, ...names }).catch(explainPassword))
  console.log(`User ${id} is made${roles.length > 0 ? ` with the roles ${roles.join(', ')}` : ''}.`)
  if (given === undefined) console.log(`The password, shown this once: ${password}`)
  return exitCodes.done
}

function explainPassword(error: unknown): never {
  const isPassword = error instanceof Refusal && error.code === 'password-refused'
  throw isPassword ? new UsageError([error.facts.reasons].flat().join(' ')) : error
}

export async function changeRole(args: readonly string[], isGranted: boolean, use: UseLifecycle): Promise<number> {
  const { words } = readWords(args, ['e-mail address or id', 'role'])
  const [who = '', role = ''] = words
  const isChanged = await use(async (lifecycle) => {
    const { id } = await lifecycle.find(who)
    return lifecycle.changeRole({ userId: id, role, isGranted })
  })
  const state = isGranted ? `has the role ${role}` : `does not have the role ${role}`
  console.log(`${who} ${state}${isChanged ? ' now' : ', as before'}.`)
  return exitCodes.done
}

export async function disableUser(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word } = readOneWord(args, {}, WHO)
  const { id, isChanged } = await change(word, use, (lifecycle, userId) => lifecycle.disable(userId))
  console.log(isChanged ? `User ${id} is disabled and signed out everywhere.` : `User ${id} was disabled already.`)
  return exitCodes.done
}

export async function enableUser(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word } = readOneWord(args, {}, WHO)
  const { id, isChanged } = await change(word, use, (lifecycle, userId) => lifecycle.enable(userId))
  console.log(isChanged ? `User ${id} may sign in again.` : `User ${id} was enabled already.`)
  return exitCodes.done
}

/** For whoever must wait because somebody guesses at their account. */
export async function clearLimits(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word } = readOneWord(args, {}, WHO)
  const { id, isChanged } = await change(word, use, (lifecycle, userId) => lifecycle.clearLimits(userId))
  console.log(isChanged ? `User ${id} does not wait any more.` : `Nothing was counted against user ${id}.`)
  return exitCodes.done
}

/** For whoever lost their second factor. */
export async function resetFactors(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word, values } = readOneWord(
    args,
    { reason: { type: 'string' }, factor: { type: 'string', multiple: true } },
    WHO,
  )
  const { reason = '', factor = resettableFactors } = values
  const factors = resettableFactors.filter((known) => factor.includes(known))
  const isKnown = factor.every((given) => factors.some((known) => known === given))
  if (!isKnown) throw new UsageError(`--factor must be one of ${resettableFactors.join(', ')}.`)
  if (reason.length < 1 || reason.length > MOST_REASON)
    throw new UsageError(`Say why with --reason, in up to ${MOST_REASON} characters: the record of events keeps it.`)
  const { id, done } = await use(async (lifecycle) => {
    const { id } = await lifecycle.find(word)
    return { id, done: await lifecycle.resetFactors({ userId: id, factors, reason }) }
  })
  if (done.removed.length === 0) console.log(`User ${id} has nothing of it; nothing was changed.`)
  else console.log(`Removed from user ${id}: ${done.removed.join(', ')}. ${done.sessionsEnded} sessions ended.`)
  if (done.isRecoveryMailed) console.log('Nothing to sign in with was left: a code to set a password was mailed.')
  return exitCodes.done
}

const MOST_REASON = 200

export async function eraseUser(args: readonly string[], use: UseLifecycle): Promise<number> {
  const { word, values } = readOneWord(args, { yes: { type: 'boolean' } }, WHO)
  if (!values.yes) throw new UsageError('Erasing a user cannot be undone: add --yes to do it, or disable the user.')
  const { id } = await change(word, use, (lifecycle, userId) => lifecycle.erase(userId))
  console.log(`User ${id} is erased.`)
  return exitCodes.done
}

function change(who: string, use: UseLifecycle, work: (lifecycle: Lifecycle, userId: number) => Promise<boolean>) {
  return use(async (lifecycle) => {
    const { id } = await lifecycle.find(who)
    return { id, isChanged: await work(lifecycle, id) }
  })
}

function timeText(time: number | null): string {
  return time === null ? 'never' : new Date(time).toISOString()
}
