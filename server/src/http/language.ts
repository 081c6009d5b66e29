import type { FastifyRequest } from 'fastify'

const MOST_CHARACTERS = 100

/** What languages whoever asks would like (RFC 9110 §12.5.4), for the mail that follows; null: nothing is said. */
export function languageOf({ headers }: FastifyRequest): string | null {
  return headers['accept-language']?.slice(0, MOST_CHARACTERS) ?? null
}
