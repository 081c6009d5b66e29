import { languageOf } from '../language.ts'
import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { readFields, registerFields, solutionIn } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { emailTaken, fieldsRefused } from './legacy-errors.ts'

/** 201 with the user's address and names, as they were given. */
export const register: CompatHandler = async ({ signIn }, data, request, reply) => {
  const attempt = { visitor: visitorOf(request), solution: solutionIn(data) }
  const read = readFields(registerFields, data)
  if ('errors' in read) {
    // The old service tells a taken address beside the faults of other fields.
    const isTaken = read.valid.email !== undefined && (await signIn.isTaken({ email: read.valid.email, ...attempt }))
    throw fieldsRefused(isTaken ? { email: emailTaken, ...read.errors } : read.errors)
  }
  const { email, password, first_name: firstName, last_name: lastName } = read.values
  const origin = originOf(request)
  const user = await signIn.signUp(
    { email, password, firstName, lastName, origin, locale: languageOf(request) },
    attempt,
  )
  reply.code(201)
  return { email: user.email, first_name: user.firstName, last_name: user.lastName }
}
