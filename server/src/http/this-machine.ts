import type { FastifyRequest } from 'fastify'
import { isLoopbackHost } from '../platform/public-address.ts'

/**
 * Whether somebody on this machine asks: the socket says so, no header does. A proxy on this machine is on the loopback address
 * for everybody behind it: what a proxy has passed on is from elsewhere. So is a name that is not local, which a page elsewhere
 * may have made to mean this machine (DNS rebinding).
 */
export function isOfThisMachine({ raw, headers }: FastifyRequest): boolean {
  const peer = raw.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  const isOfProxy = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)
  const wasPassedOn = isOfProxy || raw.httpVersion === '1.0' // nginx that is told nothing else: no header, and our own name
  const host = URL.canParse(`http://${headers.host}`) ? new URL(`http://${headers.host}`).hostname : ''
  return isLoopbackHost(peer) && !wasPassedOn && isLoopbackHost(host)
}
