import { readFields, verifyFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

export const GOOD = '{}'
export const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * 200 `{}` for a token that is good now. It waits for nothing when it need not, and its answer is a text already, which Fastify
 * passes on as it is. Most successes are answered before (verify-at-once.ts).
 */
export const verify: CompatHandler = ({ sessions, config }, data, _request, reply) => {
  const read = readFields(verifyFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const pending = sessions.verify(read.values.token, config.verifyAccepts)
  reply.header('content-type', JSON_TYPE)
  return pending ? pending.then(() => GOOD) : GOOD
}
