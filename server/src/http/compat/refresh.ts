import { originOf } from '../origin.ts'
import { readFields, refreshFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'
import { JSON_TYPE } from './verify.ts'

/** 200 with a new access token and the refresh token that follows. */
export const refresh: CompatHandler = async ({ sessions }, data, request, reply) => {
  const read = readFields(refreshFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const { access, refresh: successor } = await sessions.refresh(read.values.refresh, originOf(request))
  reply.header('content-type', JSON_TYPE)
  return JSON.stringify({ access, refresh: successor }) // a text is passed on as it is
}
