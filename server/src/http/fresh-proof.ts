import type { FastifyRequest } from 'fastify'
import type { FactorCaller, Factors } from '../features/sign-in/sign-in.ts'
import { callerOf, type StepUp } from './caller.ts'
import { originOf } from './origin.ts'

const FRESH_SECONDS = 5 * 60
// An enrolment that was begun with a fresh proof may take its ten minutes: to find the phone, to install an app.
const BEGUN_FRESH_SECONDS = FRESH_SECONDS + 10 * 60

/** Who changes their own factors, or acts as an operator, freshly proven. @throws Refusal 'step-up-required' */
export type RequireFresh = (request: FastifyRequest) => Promise<FactorCaller>

export type FreshProof = {
  /** To change something. */
  requireFresh: RequireFresh
  /** To finish what was begun freshly proven. */
  requireBegunFresh: RequireFresh
}

/**
 * ASVS 7.5.1: factors change only after a full proof just before. Whoever has a second factor proves two: a password alone,
 * which may be stolen, neither adds a factor of the thief nor removes the owner's (NIST SP 800-63B-4 §4.1.2). What an operator
 * changes asks for the same: it reaches further.
 */
export function createFreshProof({ factors, stepUp }: { factors: Factors; stepUp: StepUp }): FreshProof {
  const require = (maxAgeSeconds: number): RequireFresh => {
    const byAcr = {
      aal1: stepUp.requireRecent(maxAgeSeconds),
      aal2: stepUp.requireAcr(['aal2'], maxAgeSeconds),
    }
    return async (request) => {
      const caller = callerOf(request)
      await byAcr[await factors.acrToChange(caller.userId)](caller)
      return { userId: caller.userId, sessionId: caller.sessionId, origin: originOf(request) }
    }
  }
  return { requireFresh: require(FRESH_SECONDS), requireBegunFresh: require(BEGUN_FRESH_SECONDS) }
}
