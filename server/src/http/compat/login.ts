import { originOf } from '../origin.ts'
import { loginFields, readFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

/** 200 with a refresh and an access token. */
export const login: CompatHandler = async ({ signIn }, data, request) => {
  const read = readFields(loginFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const { refresh, access } = await signIn.withPassword({ ...read.values, origin: originOf(request) })
  return { refresh, access }
}
