import type { FactorProof } from '../../features/sign-in/sign-in.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { mfaFields, readFields, solutionIn } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

/** The second half of a login: 200 with a refresh and an access token. */
export const loginMfa: CompatHandler = async ({ signIn, deviceCookie }, data, request, reply) => {
  const read = readFields(mfaFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const { mfa_token: mfaToken, method, code } = read.values
  const proof = proofOf({ method, code, credential: data.credential })
  const mark = deviceCookie.markOf(request)
  const attempt = { origin: originOf(request), visitor: visitorOf(request, mark), solution: solutionIn(data) }
  const { refresh, access } = await signIn.finish({ mfaToken, proof, ...attempt })
  if (mark) deviceCookie.set(reply, mark)
  return { refresh, access }
}

const TOTP_CODE = /^\s*(\d\s*){6}$/ // recovery codes are longer, and hold letters

/** A form with one field for whatever code somebody has need not say which kind it is. */
function proofOf({ method, code, credential }: { method: string; code: string; credential: unknown }): FactorProof {
  if (credential !== undefined && (method === '' || method === 'passkey'))
    return { method: 'passkey', response: credential }
  if (method === 'passkey') throw fieldsRefused({ credential: ['This field is required.'] })
  if (code === '') throw fieldsRefused({ code: ['This field is required.'] })
  if (method === 'totp' || method === 'recovery_code') return { method, code }
  if (method !== '') throw fieldsRefused({ method: [`"${method}" is not a valid choice.`] })
  return { method: TOTP_CODE.test(code) ? 'totp' : 'recovery_code', code }
}
