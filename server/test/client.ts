/** A plain HTTP client for tests: sends what it is told, also what no browser would send, and keeps connections open. */
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'

export type Answer = {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON; undefined when it is none. */
  json: unknown
  /** From the first byte that was sent to the last one that came. */
  milliseconds: number
}

export type Question = {
  method: string
  path: string
  /** Text and bytes are sent as they are, anything else as JSON. */
  body?: unknown
  /** `undefined` leaves out a header that would be sent otherwise. */
  headers?: Readonly<Record<string, string | undefined>>
}

export type Client = {
  port: number
  ask(question: Question): Promise<Answer>
  /** POST, as JSON unless the headers say otherwise. */
  post(path: string, body?: unknown, headers?: Question['headers']): Promise<Answer>
  get(path: string, headers?: Question['headers']): Promise<Answer>
  /** Sends bytes as they are over a connection of their own. @returns all that came back until the server closed it */
  sendRaw(bytes: string | Buffer): Promise<string>
  close(): void
}

const PATIENCE_MS = 30_000

/** @param port of a server on the loopback address */
export function createClient(port: number): Client {
  const agent = new Agent({ keepAlive: true })
  const ask = (question: Question) => send(agent, port, question)
  return {
    port,
    ask,
    post: (path, body, headers = {}) => ask({ method: 'POST', path, body, headers }),
    get: (path, headers = {}) => ask({ method: 'GET', path, headers }),
    sendRaw: (bytes) => sendRaw(port, bytes),
    close: () => agent.destroy(),
  }
}

function send(agent: Agent, port: number, { method, path, body, headers = {} }: Question): Promise<Answer> {
  const bytes = bytesOf(body)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const startedAt = performance.now()
  const options = { agent, host: '127.0.0.1', port, method, path, headers: headersOf(bytes, headers) }
  const outgoing = request(options, (incoming) => {
    readText(incoming).then((text) => {
      const milliseconds = performance.now() - startedAt
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: parse(text), milliseconds })
    }, reject)
  })
  outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error(`${method} ${path.slice(0, 80)}: no answer`)))
  outgoing.on('error', reject)
  outgoing.end(bytes)
  return promise
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function headersOf(bytes: Buffer | undefined, given: NonNullable<Question['headers']>): OutgoingHttpHeaders {
  const own = bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }
  const headers = Object.entries({ ...own, ...given }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(headers)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer to raw bytes')))
  socket.end(bytes)
  return readText(socket)
}
