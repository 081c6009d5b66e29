import { visitorOf } from '../limits.ts'
import { originOf } from '../origin.ts'
import { loginFields, readFields, solutionIn } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

/** 200 with a refresh and an access token. */
export const login: CompatHandler = async ({ signIn, deviceCookie }, data, request, reply) => {
  const read = readFields(loginFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const mark = deviceCookie.markOf(request)
  const attempt = { origin: originOf(request), visitor: visitorOf(request, mark), solution: solutionIn(data) }
  const { refresh, access } = await signIn.withPassword({ ...read.values, ...attempt })
  if (mark) deviceCookie.set(reply, mark)
  return { refresh, access }
}
