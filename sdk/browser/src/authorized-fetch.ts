import { AuthError } from './auth-error.ts'
import { baseAddress } from './page.ts'
import type { Session } from './session.ts'

export type AuthorizedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * Makes `fetch` with the access token: refreshed before it is spent, and once more after a 401 when the request can be
 * repeated. Signed out, the request goes without a token.
 *
 * @param origins who may get the token. The browser takes it off when one of them redirects to somebody else (Fetch §4.4)
 */
export function createAuthorizedFetch(session: Pick<Session, 'id' | 'token' | 'renew'>, origins: readonly string[]) {
  const authorizedFetch: AuthorizedFetch = async (input, init) => {
    const target = isRequest(input) ? input : new URL(input, baseAddress())
    const { origin } = new URL(isRequest(target) ? target.url : target)
    if (!origins.includes(origin)) throw new TypeError(`${origin} is not among the origins that get the access token`)
    const sessionId = await session.id()
    const token = await session.token()
    // Never what one user asked for with the token of another.
    if ((await session.id()) !== sessionId) throw new AuthError('session-changed')
    const response = await send(target, init, token)
    if (response.status !== 401 || !token) return response
    const next = (await session.id()) === sessionId ? await session.renew(token) : undefined
    if (!next || (await session.id()) !== sessionId || !isRepeatable(target, init)) return response
    await response.body?.cancel()
    return send(target, init, next)
  }
  return authorizedFetch
}

function send(target: URL | Request, init: RequestInit | undefined, token: string | undefined): Promise<Response> {
  const headers = new Headers(init?.headers ?? (isRequest(target) ? target.headers : undefined))
  if (token) headers.set('authorization', `Bearer ${token}`)
  return fetch(target, { ...init, headers })
}

/** Whether the same body can be sent twice: a stream is gone once it was read, and so is the body of a Request. */
export function isRepeatable(target: unknown, init: RequestInit | undefined): boolean {
  if (init?.body !== undefined && init.body !== null) return !(init.body instanceof ReadableStream)
  // Some browsers have no `Request.body`: then nobody knows, unless the method has none.
  return !isRequest(target) || target.body === null || ['GET', 'HEAD'].includes(target.method)
}

/** Also one of another frame. */
const isRequest = (input: unknown): input is Request => typeof input === 'object' && input !== null && 'url' in input
