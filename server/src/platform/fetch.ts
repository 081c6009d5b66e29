/**
 * Outgoing HTTP: one request, one answer. It cannot be led astray: a name is resolved once, every address that it has must be
 * public, and the connection goes to exactly those (no DNS rebinding); redirects are not followed; time and size are limited.
 */
import { lookup } from 'node:dns/promises'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address.ts'

export type OutgoingRequest = {
  url: string
  /** Default: GET. */
  method?: 'GET' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: string
  /** For everything: resolving, connecting, sending, and the last byte of the answer. */
  timeoutMs: number
  /** Of the answer's body. */
  maxBytes: number
  /** The status alone counts: the body comes back empty, and is no reason to fail. It is let come for a second at the most. */
  ignoresBody?: boolean
  /** Also hosts within private networks and this machine: for targets that the operator named. */
  allowPrivate?: boolean
  /** Also `http:`. */
  allowPlain?: boolean
}

export type FetchFailure =
  /** No address that may be reached: not http(s), a password in it, or a host that is not public. */
  | 'target-refused'
  | 'timeout'
  | 'too-large'
  /** Nobody answers there, or not in HTTP, or not with a certificate that we trust. */
  | 'unreachable'

/** A redirect is an answer like any other one, with its status. */
export type FetchOutcome =
  | { kind: 'answered'; status: number; headers: IncomingHttpHeaders; body: Buffer }
  | { kind: 'failed'; reason: FetchFailure; cause?: unknown }

export type Fetch = (request: OutgoingRequest) => Promise<FetchOutcome>

export type ResolvedAddress = { address: string; family: number }

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<ResolvedAddress[]>

const USER_AGENT = 'samurai-auth'
const LONGEST_SKIP_MS = 1_000

/** Thrown within a request; outside it is an outcome. */
class Failure extends Error {
  readonly reason: FetchFailure

  constructor(reason: FetchFailure) {
    super(reason)
    this.name = 'Failure'
    this.reason = reason
  }
}

/** @param deps.resolve default: as the system resolves names */
export function createFetch({ resolve = resolveBySystem }: { resolve?: Resolve } = {}): Fetch {
  return async (request) => {
    const url = readTarget(request)
    if (!url) return { kind: 'failed', reason: 'target-refused' }
    const signal = AbortSignal.timeout(request.timeoutMs)
    try {
      const answer = await send(url, request, checkedLookup(resolve, request), signal)
      return {
        kind: 'answered',
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: await (request.ignoresBody ? skipBody : readBody)(answer, request.maxBytes),
      }
    } catch (error) {
      return { kind: 'failed', reason: signal.aborted ? 'timeout' : reasonOf(error), cause: error }
    }
  }
}

const resolveBySystem: Resolve = (name) => lookup(name, { all: true })

function readTarget({ url: text, allowPrivate = false, allowPlain = false }: OutgoingRequest): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password) return undefined
  if (url.protocol !== 'https:' && !(allowPlain && url.protocol === 'http:')) return undefined
  // Node resolves no literal address, so the look-up below would never see it. URL has made 127.0.0.1 of 0x7f.1.
  const host = hostOf(url)
  return isIP(host) !== 0 && !allowPrivate && !isPublicAddress(host) ? undefined : url
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** What the connection is made with: it goes to the addresses that were looked at, not to what a second look-up says. */
function checkedLookup(resolve: Resolve, { allowPrivate = false }: OutgoingRequest): LookupFunction {
  return (name, { all }, done) => {
    resolve(name).then(
      (addresses) => {
        const [first] = addresses
        const isAllowed = first && (allowPrivate || addresses.every(({ address }) => isPublicAddress(address)))
        if (!isAllowed) done(new Failure('target-refused'), [])
        else if (all) done(null, addresses)
        else done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, []),
    )
  }
}

async function send(
  url: URL,
  { method = 'GET', headers = {}, body }: OutgoingRequest,
  lookup: LookupFunction,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  // Loaded by whoever asks: an ES module that names it makes Node load its own `fetch` too, 4 MB for nothing.
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  return new Promise((answer, fail) => {
    const outgoing = request(
      url,
      // A connection of its own each time: one that is kept would be reused without a look at where it goes.
      { method, headers: { 'user-agent': USER_AGENT, ...headers }, agent: false, lookup, signal },
      answer,
    )
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}

async function readBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Failure('too-large') // leaving the loop destroys the connection
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Not cut off at once: there are servers that stop working on a request when whoever sent it is gone. */
async function skipBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const cutOff = setTimeout(() => answer.destroy(), LONGEST_SKIP_MS)
  await readBody(answer, maxBytes).catch(() => {})
  clearTimeout(cutOff)
  return Buffer.alloc(0)
}

function reasonOf(error: unknown): FetchFailure {
  return error instanceof Failure ? error.reason : 'unreachable'
}
