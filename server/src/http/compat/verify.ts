import { readFields, verifyFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

const GOOD = '{}'

/**
 * 200 `{}` for a token that is good now. The busiest address of all: it waits for nothing when it need not, and its answer is
 * a text already, which Fastify passes on as it is.
 */
export const verify: CompatHandler = ({ sessions, config }, data, _request, reply) => {
  const read = readFields(verifyFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const pending = sessions.verify(read.values.token, config.verifyAccepts)
  reply.header('content-type', 'application/json; charset=utf-8')
  return pending ? pending.then(() => GOOD) : GOOD
}
