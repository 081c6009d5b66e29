import type { Answer } from './answers.ts'
import { AuthError } from './auth-error.ts'
import { baseAddress } from './page.ts'

export type Call = (
  path: string,
  body: object,
  options?: { timeoutMs?: number; keepalive?: boolean },
) => Promise<Answer>

const TIMEOUT_MS = 30_000 // as long as the service takes for a request

/**
 * Makes the function that posts JSON to the service.
 *
 * @param baseUrl address of the service, also relative to the page; its path is a prefix of the service's own
 * @throws (the function) AuthError 'offline' when there is no complete answer
 */
export function createCall(baseUrl: string): Call {
  return async (path, body, { timeoutMs = TIMEOUT_MS, keepalive = false } = {}) => {
    const address = new URL(baseUrl, baseAddress())
    address.pathname = address.pathname.replace(/\/$/, '') + path
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        cache: 'no-store',
        redirect: 'error', // passwords and refresh tokens go nowhere else
        signal: AbortSignal.timeout(timeoutMs),
        keepalive,
      })
      return {
        status: response.status,
        body: parseJson(await response.text()),
        retryAfter: response.headers.get('retry-after'),
      }
    } catch (cause) {
      throw new AuthError('offline', { cause })
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
