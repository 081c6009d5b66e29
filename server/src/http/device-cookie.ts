/** The cookie that holds a device mark. It lets nobody in: it only spares whoever signed in before the waits that others caused. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DeviceMark, Limits } from '../features/limits/limits.ts'

export type DeviceCookie = {
  /** The mark that the browser sent, or a new one for a browser that has none; undefined for programs that keep no cookies. */
  markOf(request: FastifyRequest): DeviceMark | undefined
  /** The mark that the browser sent. */
  sentBy(request: FastifyRequest): DeviceMark | undefined
  /** Sends the mark along, for as long as browsers keep one. */
  set(reply: FastifyReply, mark: DeviceMark): void
}

const MAX_AGE_SECONDS = 400 * 86_400 // browsers keep a cookie no longer (RFC 6265bis §5.5)

export function createDeviceCookie({ limits, publicUrl }: { limits: Limits; publicUrl: string }): DeviceCookie {
  const isSecure = publicUrl.startsWith('https:')
  const name = isSecure ? '__Host-device' : 'device' // the prefix demands Secure, which http cannot set
  const attributes = `Path=/; Max-Age=${MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`

  const sentBy: DeviceCookie['sentBy'] = ({ headers }) => {
    const sent = cookieOf(headers.cookie, name)
    return sent === undefined ? undefined : limits.deviceMarks.read(sent)
  }

  return {
    sentBy,
    markOf: (request) => sentBy(request) ?? (isBrowser(request) ? limits.deviceMarks.make() : undefined),
    set: (reply, { text }) => void reply.header('set-cookie', `${name}=${text}; ${attributes}`),
  }
}

/**
 * Programs of before, the gateway among them, get the answers that they know, without a cookie. Browsers send
 * `Sec-Fetch-Mode`, which no page can make up (Fetch Metadata §2.2); older ones that sent some cookie keep cookies.
 */
function isBrowser({ headers }: FastifyRequest): boolean {
  return headers['sec-fetch-mode'] !== undefined || headers.cookie !== undefined
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const pairs = header?.split(';').map((pair) => pair.trim()) ?? []
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
