import { refused } from '../platform/refusal.ts'

const RECORD_ID = /^[0-9a-f]{32}$/ // as platform/random.ts makes them

/**
 * The id of an address. Anything that can be no id is not there, and reaches no database: PostgreSQL fails at NUL.
 *
 * @throws Refusal 'not-found'
 */
export function recordId(given: string): string {
  if (!RECORD_ID.test(given)) throw refused('not-found')
  return given
}
