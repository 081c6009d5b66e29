import { Refusal } from '../../platform/refusal.ts'
import type { Attempt, Taken } from '../limits/limits.ts'
import type { Counted, SignInDeps } from './deps.ts'

/**
 * Counts an attempt before it is judged, so that nothing is hashed and nobody is looked up for whoever tried too often. What
 * nobody judged, because too many waited, is given back.
 */
export async function countAttempt<T>(
  { limits }: Pick<SignInDeps, 'limits'>,
  { purpose, identifierKey, visitor, solution }: Counted & Pick<Attempt, 'purpose' | 'identifierKey'>,
  judge: (taken: Taken) => Promise<T>,
): Promise<T> {
  const taken = await limits.take({ purpose, ...(identifierKey !== undefined && { identifierKey }), visitor, solution })
  try {
    return await judge(taken)
  } catch (error) {
    const isJudged = !(error instanceof Refusal) || error.code !== 'too-busy'
    if (!isJudged) await limits.giveBack(taken)
    throw error
  }
}
