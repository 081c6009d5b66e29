/** The revocation feed, by cursor and as a stream of server-sent events (contract/revocations.ts). Open to everybody. */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { REVOCATION_HEARTBEAT_SECONDS } from '../../../contract/revocations.ts'
import type { Limits } from '../features/limits/limits.ts'
import type { RevocationFeed } from '../features/sessions/sessions.ts'
import { refused } from '../platform/refusal.ts'
import { visitorOf } from './limits.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'
import { quiet } from './summary-log.ts'

const MAX_STREAMS = 1_000 // a process; each costs a connection and a signature every other second
// As many processes as a service behind one address may have; whoever is refused may ask for the pages (contract/revocations.ts).
const MAX_STREAMS_A_NETWORK = 32
const SETTLE_MS = 20 // ends that come together are told together

type Stream = {
  response: ServerResponse
  cursor: string | undefined
  /** Its reader could not take all pages at once. */
  hasMore: boolean
  /** Undefined: there may be everybody behind it. */
  network: string | undefined
}

type Deps = {
  feed: RevocationFeed
  networkOf: Limits['networkOf']
  onDrain: (listener: () => void) => void
}

export function registerRevocations(app: FastifyInstance, { feed, networkOf, onDrain }: Deps): void {
  const streams = new Set<Stream>()

  app.get<{ Querystring: { after?: string } }>(
    '/api/revocations',
    { config: { ...quiet.config, limit: 'memory', reference: pageReference } },
    async (request, reply) => reply.type('application/jwt').send(feed.page(request.query.after).jws),
  )

  app.get<{ Querystring: { after?: string } }>(
    '/api/revocations/stream',
    { exposeHeadRoute: false, config: { ...quiet.config, limit: 'memory', reference: streamReference } },
    (request, reply) => {
      const network = networkOf(visitorOf(request))
      if (streams.size >= MAX_STREAMS) throw refused('too-busy', { retryAfterSeconds: 5 })
      if (countOf(network) >= MAX_STREAMS_A_NETWORK) throw refused('too-many-requests', { retryAfterSeconds: 5 })
      reply.hijack()
      const response = reply.raw
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      const lastSeen = request.headers['last-event-id']
      const cursor = typeof lastSeen === 'string' ? lastSeen : request.query.after
      const stream: Stream = { response, cursor, hasMore: true, network }
      streams.add(stream)
      response.on('close', () => streams.delete(stream))
      response.on('drain', () => stream.hasMore && send(stream, feed))
      send(stream, feed)
    },
  )

  function countOf(network: string | undefined): number {
    if (network === undefined) return 0
    let count = 0
    for (const stream of streams) if (stream.network === network) count++
    return count
  }

  const sendAll = () => {
    for (const stream of streams) send(stream, feed)
  }
  const heartbeat = setInterval(sendAll, REVOCATION_HEARTBEAT_SECONDS * 1000).unref()
  const news = debounced(sendAll)
  const stopListening = feed.onNews(news.note)

  onDrain(() => {
    clearInterval(heartbeat)
    stopListening()
    news.cancel()
    for (const { response } of streams) response.end()
  })
}

/** The pages up to the last one, as far as the reader keeps up: the rest goes when it has read what is on its way. */
function send(stream: Stream, feed: RevocationFeed): void {
  const { response } = stream
  do {
    if (response.writableNeedDrain) return // one that cannot keep up gets a larger page later: its cursor stays
    const page = feed.page(stream.cursor)
    stream.cursor = page.cursor
    stream.hasMore = page.hasMore
    response.write(`id: ${page.cursor}\ndata: ${page.jws}\n\n`)
  } while (stream.hasMore)
}

function debounced(action: () => void): { note: () => void; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const run = () => {
    timer = undefined
    action()
  }
  return {
    note: () => {
      if (!timer) timer = setTimeout(run, SETTLE_MS).unref()
    },
    cancel: () => clearTimeout(timer),
  }
}

const query = {
  after: 'The cursor of the page that was read last. Without it: everything that a verifier may still take for good.',
}

const pageReference: RouteReference = {
  kind: 'operation',
  id: 'revocations',
  group: 'Revocations',
  summary: 'Which sessions ended before their tokens expired',
  description:
    'A page of the revocation feed: a compact JWS (`typ` `revocations+jwt`) with the claims `iss`, `iat` (when it was true), ' +
    '`cursor` (ask with it next), `keys` (the ids of those that verify) and `revocations`, a list of at most 5,000 `sid` and `exp` ' +
    '(forget the entry then; it is served for 30 seconds longer, for verifiers whose clocks are behind). With `more` there are more: ' +
    'ask for the next page at once, and take the list for complete with the first page without it. Open to everybody.',
  query,
  answers: {
    200: { description: 'The page.', mediaType: 'application/jwt', schema: { type: 'string' } },
    405: problemAnswer('The address takes GET and HEAD.', 'method-not-allowed'),
  },
}

const streamReference: RouteReference = {
  kind: 'operation',
  id: 'revocationStream',
  group: 'Revocations',
  summary: 'The same feed as a stream of server-sent events',
  description:
    'The `data` of each event is a page, its `id` the cursor of that page. An event comes when a session ended, and every ' +
    'other second: an empty page proves that none did. Pages with `more` follow each other at once. `Last-Event-ID` counts as ' +
    '`after`. One network has 32 streams of a process at the most: whoever is refused asks for pages, and for a stream again later.',
  query,
  answers: {
    200: { description: 'Events until either side ends.', mediaType: 'text/event-stream', schema: { type: 'string' } },
    405: problemAnswer('The address takes GET.', 'method-not-allowed'),
    429: problemAnswer('Too many are listening from this network.', 'too-many-requests'),
    503: problemAnswer('Too many are listening to this process.', 'too-busy'),
  },
}
