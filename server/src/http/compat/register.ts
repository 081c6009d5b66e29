import { readFields, registerFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { emailTaken, fieldsRefused } from './legacy-errors.ts'

/** 201 with the user's address and names, as they were given. */
export const register: CompatHandler = async ({ signIn }, data, _request, reply) => {
  const read = readFields(registerFields, data)
  if ('errors' in read) {
    // The old service tells a taken address beside the faults of other fields.
    const isTaken = read.valid.email !== undefined && (await signIn.isTaken(read.valid.email))
    throw fieldsRefused(isTaken ? { email: emailTaken, ...read.errors } : read.errors)
  }
  const { email, password, first_name: firstName, last_name: lastName } = read.values
  const user = await signIn.signUp({ email, password, firstName, lastName })
  reply.code(201)
  return { email: user.email, first_name: user.firstName, last_name: user.lastName }
}
