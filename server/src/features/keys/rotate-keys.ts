import type { Clock } from '../../platform/clock.ts'
import { UniqueViolation } from '../../platform/database-errors.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Events, NewEvent } from '../events/events.ts'
import type { Algorithm } from './algorithm.ts'
import { planDismissal, planRotation, type RotationPolicy, type Step, type Urgency } from './key-states.ts'
import { makeKey } from './make-key.ts'
import { demoteKey, insertKey, listKeys, promoteKey, retireKey } from './store.ts'

export type RotateDeps = {
  database: Database
  events: Events
  clock: Clock
  sealer: Sealer
  policy: RotationPolicy
  /** Each has a current key. */
  algorithms: readonly Algorithm[]
  /** Whether keys of other algorithms go: not where something else is asked for, by a command with other settings perhaps. */
  dismissesOthers: boolean
}

/** Who wants it, and from where. */
export type Rotator = Pick<NewEvent, 'actor' | 'origin'>

const ATTEMPTS = 5

/**
 * Does what the plan says, in one transaction; also makes the first keys. Several processes may do it at once: the unique
 * slots and compare-and-set let one win, and the others plan again on what it left.
 *
 * @returns the steps that were taken
 */
export async function rotateKeys(deps: RotateDeps, urgency: Urgency, by: Rotator): Promise<Step[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await deps.database.transaction((tx) => planAndTake(deps, tx, urgency, by))
    } catch (error) {
      const wasOvertaken = error instanceof UniqueViolation || error instanceof Overtaken
      if (!wasOvertaken || attempt === ATTEMPTS) throw error
    }
  }
}

/** Another process changed the ring between the plan and the step. */
class Overtaken extends Error {}

async function planAndTake(deps: RotateDeps, tx: Db, urgency: Urgency, by: Rotator): Promise<Step[]> {
  const now = deps.clock.now()
  const keys = await listKeys(tx)
  const { algorithms, policy } = deps
  const rotations = algorithms.flatMap((algorithm) => {
    const own = keys.filter((key) => key.algorithm === algorithm)
    return planRotation(own, algorithm, now, policy, urgency)
  })
  const steps = [...rotations, ...(deps.dismissesOthers ? planDismissal(keys, algorithms, now, policy, urgency) : [])]
  for (const step of steps) {
    await take(deps, tx, step, now, keys)
    await deps.events.append(tx, { type: 'key.rotated', userId: null, ...by, data: factsOf(step) })
  }
  return steps
}

async function take(
  deps: RotateDeps,
  tx: Db,
  step: Step,
  now: number,
  keys: readonly { id: string; algorithm: Algorithm }[],
) {
  switch (step.kind) {
    case 'make':
      return insertKey(tx, makeKey(step.algorithm, step.state, deps.sealer, now))
    case 'demote':
      return confirm(demoteKey(tx, step.id, step.retireAt))
    case 'retire':
      return confirm(retireKey(tx, step.id))
    case 'promote': {
      const next = keys.find(({ id }) => id === step.next)
      if (!next) throw new TypeError('a key that is not there cannot be promoted')
      if (step.current) await confirm(demoteKey(tx, step.current, step.retireAt))
      return confirm(promoteKey(tx, step.next, next.algorithm, now))
    }
  }
}

async function confirm(change: Promise<boolean>): Promise<void> {
  if (!(await change)) throw new Overtaken()
}

function factsOf(step: Step): NonNullable<NewEvent['data']> {
  switch (step.kind) {
    case 'make':
      return { step: 'made', algorithm: step.algorithm }
    case 'promote':
      return { step: 'promoted', keyId: step.next }
    case 'demote':
      return { step: 'demoted', keyId: step.id }
    case 'retire':
      return { step: 'retired', keyId: step.id }
  }
}
