import { originOf } from '../origin.ts'
import { logoutFields, readFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

/** 200 `{}` once the session of the refresh token has ended. */
export const logout: CompatHandler = async ({ sessions }, data, request) => {
  const read = readFields(logoutFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  await sessions.end(read.values.refresh, originOf(request))
  return {}
}
