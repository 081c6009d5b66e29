import type { SecondFactorDue } from '../../features/sign-in/sign-in.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { loginFields, readFields, solutionIn } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused, LegacyRefusal } from './legacy-errors.ts'

/** 200 with a refresh and an access token; 401 with what finishes the sign-in when a second factor is due. */
export const login: CompatHandler = async ({ signIn, deviceCookie }, data, request, reply) => {
  const read = readFields(loginFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const mark = deviceCookie.markOf(request)
  const attempt = { origin: originOf(request), visitor: visitorOf(request, mark), solution: solutionIn(data) }
  const outcome = await signIn.withPassword({ ...read.values, ...attempt })
  if (outcome.kind === 'second-factor') throw secondFactorDue(outcome)
  if (mark) deviceCookie.set(reply, mark)
  const { refresh, access } = outcome.tokens
  return { refresh, access }
}

function secondFactorDue({ mfaToken, methods }: SecondFactorDue): LegacyRefusal {
  const body = { detail: 'A second factor is required.', code: 'mfa_required', mfa_token: mfaToken, methods }
  return new LegacyRefusal(401, body, 'mfa-required')
}
