/** `samurai-auth users …`: what an operator does to one user, named by e-mail address or id. */
import type { Lifecycle } from '../features/lifecycle/lifecycle.ts'
import { exitCodes, readOneWord, UsageError } from './command.ts'

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
