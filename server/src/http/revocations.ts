/** The revocation feed, by cursor and as a stream of server-sent events (contract/revocations.ts). Open to everybody. */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { REVOCATION_HEARTBEAT_SECONDS } from '../../../contract/revocations.ts'
import type { FeedPage, RevocationFeed } from '../features/sessions/sessions.ts'
import { refused } from '../platform/refusal.ts'
import { problemAnswer, type RouteReference } from './route-reference.ts'
import { quiet } from './summary-log.ts'

const MAX_STREAMS = 1_000 // a process; each costs a connection and a signature every other second
const SETTLE_MS = 20 // ends that come together are told together

type Stream = { response: ServerResponse; cursor: string | undefined }

export function registerRevocations(
  app: FastifyInstance,
  { feed, onDrain }: { feed: RevocationFeed; onDrain: (listener: () => void) => void },
): void {
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
      if (streams.size >= MAX_STREAMS) throw refused('too-busy', { retryAfterSeconds: 5 })
      reply.hijack()
      const response = reply.raw
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      const lastSeen = request.headers['last-event-id']
      const stream = { response, cursor: typeof lastSeen === 'string' ? lastSeen : request.query.after }
      streams.add(stream)
      response.on('close', () => streams.delete(stream))
      send(stream, new Map(), feed)
    },
  )

  const sendAll = () => {
    const pages = new Map<string | undefined, FeedPage>() // most streams are at the same cursor: one signature for all of them
    for (const stream of streams) send(stream, pages, feed)
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

function send(stream: Stream, pages: Map<string | undefined, FeedPage>, feed: RevocationFeed): void {
  const { response, cursor } = stream
  if (response.writableNeedDrain) return // a reader that cannot keep up gets one larger page later: its cursor stays
  const page = pages.get(cursor) ?? feed.page(cursor)
  pages.set(cursor, page)
  stream.cursor = page.cursor
  response.write(`id: ${page.cursor}\ndata: ${page.jws}\n\n`)
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

const query = { after: 'The cursor of the page that was read last. Without it: everything that has not expired.' }

const pageReference: RouteReference = {
  kind: 'operation',
  id: 'revocations',
  group: 'Revocations',
  summary: 'Which sessions ended before their tokens expired',
  description:
    'A page of the revocation feed: a compact JWS (`typ` `revocations+jwt`) with the claims `iss`, `iat` (when it was true), ' +
    '`cursor` (ask with it next) and `revocations`, a list of `sid` and `exp` (forget the entry then). Open to everybody.',
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
    'other second: an empty page proves that none did. `Last-Event-ID` counts as `after`.',
  query,
  answers: {
    200: { description: 'Events until either side ends.', mediaType: 'text/event-stream', schema: { type: 'string' } },
    405: problemAnswer('The address takes GET.', 'method-not-allowed'),
    503: problemAnswer('Too many are listening to this process.', 'too-busy'),
  },
}
