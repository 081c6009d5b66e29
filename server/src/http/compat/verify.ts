import { readFields, verifyFields } from './fields.ts'
import type { CompatHandler } from './handler.ts'
import { fieldsRefused } from './legacy-errors.ts'

const GOOD = {}

/** 200 `{}` for a token that is good now. The busiest address of all: it waits for nothing when it need not. */
export const verify: CompatHandler = ({ sessions, config }, data) => {
  const read = readFields(verifyFields, data)
  if ('errors' in read) throw fieldsRefused(read.errors)
  const pending = sessions.verify(read.values.token, config.verifyAccepts)
  return pending ? pending.then(() => GOOD) : GOOD
}
