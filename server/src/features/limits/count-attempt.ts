import { Refusal } from '../../platform/refusal.ts'
import type { Attempt } from './slots.ts'
import { giveBack, type TakeDeps, type Taken, take } from './take.ts'

/**
 * Counts an attempt before it is judged, so that nothing is hashed and nobody is looked up for whoever tried too often. What
 * nobody judged, because too many waited, is given back.
 */
export async function countAttempt<T>(
  deps: TakeDeps,
  attempt: Attempt,
  judge: (taken: Taken) => Promise<T>,
): Promise<T> {
  const taken = await take(deps, attempt)
  try {
    return await judge(taken)
  } catch (error) {
    const isJudged = !(error instanceof Refusal) || error.code !== 'too-busy'
    if (!isJudged) await giveBack(deps, taken)
    throw error
  }
}
