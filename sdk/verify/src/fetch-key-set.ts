import { type Fetch, readText, withAnswer } from './http.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 256 * 1024 // about 90 keys of the largest kind
const DEFAULT_FRESH_SECONDS = 300
// Sooner would be a load on the issuer, later would keep a withdrawn key trusted.
const FRESH_SECONDS = { least: 60, most: 3600 }

/** @returns the key set as text, and for how many seconds it is fresh */
export function fetchKeySet(
  fetch: Fetch,
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ text: string; freshSeconds: number }> {
  const question = { url, accept: '*/*', timeoutMs: TIMEOUT_MS, signal } // key sets are served under several types
  return withAnswer(fetch, question, async (body) => ({
    text: await readText(body, MAX_BYTES),
    freshSeconds: freshSecondsOf(body.headers),
  }))
}

// RFC 9111 §5.2.2.1, §5.1, within our bounds.
function freshSecondsOf(headers: Headers): number {
  const cacheControl = headers.get('cache-control') ?? ''
  const age = Number(headers.get('age') ?? 0) || 0
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(cacheControl)?.[1]
  const isUncached = /(?:^|[\s,])no-(?:cache|store)(?:$|[\s,])/i.test(cacheControl)
  const seconds = isUncached ? 0 : maxAge === undefined ? DEFAULT_FRESH_SECONDS : Number(maxAge) - age
  return Math.min(Math.max(seconds, FRESH_SECONDS.least), FRESH_SECONDS.most)
}
