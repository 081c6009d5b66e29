import { isAscii } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance, preParsingHookHandler } from 'fastify'
import type { Sessions } from '../../features/sessions/sessions.ts'
import { fixedHeaders } from '../headers.ts'
import { nextRequestId } from '../origin.ts'
import { GOOD, JSON_TYPE } from './verify.ts'

type Deps = {
  sessions: Sessions
  config: { verifyAccepts: 'any' | 'access' }
  isDraining: () => boolean
  /** Where successes are answered. */
  addresses: ReadonlySet<string>
}

/** Longer than any body with a token that may be remembered. */
const MOST_BYTES = 16 * 1024

/** Bodies that were read here, of requests that the framework was handed all the same. */
const readBodies = new WeakMap<IncomingMessage, Buffer>()

/**
 * Answers the one request of which there are thousands a second before the framework sees it: whether a token that was shown
 * here before is still good. It costs a third of the way through the framework. Whatever is not the plainest form of a success
 * is handed over as if nobody had looked, so there is one place that refuses and logs.
 */
export function answerVerifyAtOnce(app: FastifyInstance, deps: Deps): void {
  const { server } = app
  const [handOver] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  if (!handOver) throw new TypeError('the framework does not listen to its server')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (!isPlain(request, deps.addresses) || deps.isDraining()) return handOver(request, response)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts)
      if (holdsGoodToken(body, deps)) return answer(response)
      readBodies.set(request, body)
      handOver(request, response)
    })
  })
}

/** For the routes of these addresses: gives the framework the body that was read already. */
export const giveReadBody: preParsingHookHandler = (request, _reply, payload, done) => {
  const body = readBodies.get(request.raw)
  done(null, body ? (Readable.from([body], { objectMode: false }) as typeof payload) : payload)
}

function isPlain({ method, url = '', headers }: IncomingMessage, addresses: ReadonlySet<string>): boolean {
  return (
    method === 'POST' &&
    addresses.has(url) &&
    headers['content-type'] === 'application/json' &&
    Number(headers['content-length']) <= MOST_BYTES && // not of one that is missing
    headers['transfer-encoding'] === undefined
  )
}

function holdsGoodToken(body: Buffer, { sessions, config }: Deps): boolean {
  if (!isAscii(body)) return false
  try {
    const data = JSON.parse(body.toString('latin1'))
    const token: unknown = data?.token
    if (typeof token !== 'string' || Object.hasOwn(data, '__proto__')) return false // which is refused (python-json.ts)
    return sessions.isKnownGood(token, config.verifyAccepts)
  } catch {
    return false // the framework's way finds the same and says what it is
  }
}

function answer(response: ServerResponse): void {
  const headers = { ...fixedHeaders(nextRequestId()), 'content-type': JSON_TYPE, 'content-length': GOOD.length }
  response.writeHead(200, headers).end(GOOD)
}
