import type { EventType } from '../../../../contract/events.ts'
import type { Db } from '../../platform/db.ts'
import { emailKey, type User } from '../users/users.ts'
import { actorOf, atTheShell } from './acting.ts'
import type { LifecycleDeps } from './deps.ts'
import { disableUser } from './disable-user.ts'
import { type ImportRun, runBatch } from './import-run.ts'
import { type ImportChange, type OldUser, planUser, type UserOutcome, type UserPlan } from './plan-user.ts'

/** Takes over one batch of users, or in a dry run says what would become of them. Running it again changes nothing. */
export async function importUsers(
  deps: LifecycleDeps,
  run: ImportRun,
  batch: readonly OldUser[],
): Promise<UserOutcome[]> {
  const plans = await runBatch(deps.database, run, async (tx) => {
    const planned = await planBatch(deps, run, tx, batch)
    if (!run.dryRun) await write(deps, tx, planned)
    return planned
  })
  remember(run, plans)
  if (!run.dryRun) await disableAll(deps, plans)
  return plans.map(({ outcome }) => outcome)
}

async function planBatch(
  { users, passwords, events }: LifecycleDeps,
  { pretended }: ImportRun,
  tx: Db,
  batch: readonly OldUser[],
): Promise<UserPlan[]> {
  const ids = batch.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const emails = batch.map(({ email }) => email)
  const held = await users.listHeld(tx, ids, emails)
  const hashes = await passwords.listStored(
    tx,
    held.map(({ id }) => id),
  )
  const byId = new Map(held.map((user): [number, User] => [user.id, user]))
  const missing = ids.filter((id) => !byId.has(id))
  const erased = new Set(await events.listForgotten(tx, missing))
  const holderOf = new Map(held.map((user): [string, number] => [emailKey(user.email), user.id]))
  return batch.map((old) => {
    const key = emailKey(old.email)
    const holderId = holderOf.get(key) ?? pretended.holderOf.get(key)
    const user = byId.get(old.id ?? holderId ?? NOBODY)
    const hash = user && hashes.get(user.id)
    const isErased = old.id !== undefined && erased.has(old.id)
    const plan = planUser(old, { user, holderId, isErased, hash }, passwords)
    if (plan.outcome.kind === 'new' && old.id !== undefined) holderOf.set(key, old.id) // for the rest of the batch
    return plan
  })
}

const NOBODY = -1

/** How a change of somebody who was here already is told. Signing in elsewhere is no fact of here. */
const toldAs: Readonly<Record<ImportChange, readonly EventType[]>> = {
  email: ['email.changed'],
  names: ['user.changed'],
  hash: ['password.changed'],
  'last-login': [],
  disabled: [], // told by what disables them, after the batch
}

async function write({ users, passwords, events }: LifecycleDeps, tx: Db, plans: readonly UserPlan[]): Promise<void> {
  const added = plans.flatMap(({ outcome, user }) => (outcome.kind === 'new' && user ? [user] : []))
  const idOf = await users.import(tx, added)
  for (const { outcome, change = {} } of plans) {
    if (outcome.id !== undefined && Object.keys(change).length > 0) await users.change(tx, outcome.id, change)
  }
  const given = plans.flatMap(({ outcome, user, hash }) => {
    const userId = outcome.id ?? idOf.get(emailKey(user?.email ?? ''))
    return userId === undefined ? [] : [{ outcome, userId, hash }]
  })
  const hashes = given.flatMap(({ userId, hash }) => (hash === undefined ? [] : [{ userId, hash }]))
  await passwords.importHashes(tx, hashes)
  const actor = actorOf(atTheShell)
  const told = given.flatMap(({ outcome, userId }) => factsOf(outcome).map((type) => ({ type, userId, actor })))
  await events.appendAll(tx, told)
}

function factsOf(outcome: UserOutcome): readonly EventType[] {
  if (outcome.kind === 'new') return ['user.imported']
  return outcome.kind === 'changed' ? outcome.changes.flatMap((change) => toldAs[change]) : []
}

function remember({ dryRun, takenIds, pretended }: ImportRun, plans: readonly UserPlan[]): void {
  for (const { outcome, user } of plans) {
    const { id } = outcome
    if (id === undefined) continue // nobody's tokens name it
    if (outcome.kind === 'left-out' && outcome.reason === 'id-taken') takenIds.add(id)
    if (!dryRun || !user || outcome.kind === 'left-out') continue
    if (outcome.kind === 'new') pretended.holderOf.set(emailKey(user.email), id)
    if (outcome.kind === 'new' || outcome.changes.includes('disabled')) pretended.isEnabled.set(id, user.isEnabled)
  }
}

// After the batch, each in a transaction of its own that ends the sessions too. Cut off before it, the next run does it.
async function disableAll(deps: LifecycleDeps, plans: readonly UserPlan[]): Promise<void> {
  for (const { outcome } of plans) {
    if (outcome.kind === 'changed' && outcome.id !== undefined && outcome.changes.includes('disabled'))
      await disableUser(deps, outcome.id, atTheShell)
  }
}
