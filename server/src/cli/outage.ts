import { Refusal } from '../platform/refusal.ts'

/**
 * When a database is away: that, and what its driver says about it (hosts and user names, no password), in a sentence.
 *
 * @param database as the sentence begins: `The database`
 * @returns undefined for any other error
 */
export function outageText(database: string, error: unknown): string | undefined {
  if (!(error instanceof Refusal && error.code === 'database-unavailable')) return undefined
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause // several addresses of a host
  return cause instanceof Error ? `${database} does not answer: ${cause.message}` : `${database} does not answer.`
}
