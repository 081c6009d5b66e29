/** Clients for proxies with TLS: HTTP/1.1 and HTTP/2 that send what they are told, and bytes as they are. */
import { once } from 'node:events'
import { connect as connectH2 } from 'node:http2'
import { Agent, request } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import type { Seen } from './app.ts'

export const APP = 'app.example.com'
export const AUTH = 'auth.example.com'

export type Header = readonly [name: string, value: string]

export type Question = {
  readonly method?: string
  /** Sent as it is. */
  readonly target: string
  /** Default: the service behind. */
  readonly host?: string
  /** The name that TLS is told; default: the host. */
  readonly serverName?: string
  readonly headers?: readonly Header[]
  readonly body?: string
  /** Loopback address to come from; default 127.0.0.1. */
  readonly from?: string
  readonly agent?: Agent
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** What the service behind saw, when it was the one that answered. */
  readonly seen: Seen | undefined
}

export type Send = (port: number, question: Question) => Promise<Answer>

const PATIENCE_MS = 20_000
const anyCertificate = { rejectUnauthorized: false } // made a moment ago, for the loopback address

export const bearer = (token: string): Header => ['Authorization', `Bearer ${token}`]

/** Asks over HTTP/1.1, on a connection of its own unless an agent is given. */
export async function ask(port: number, question: Question): Promise<Answer> {
  const { method = 'GET', target, host = APP, serverName = host, headers = [], body, from, agent } = question
  const length: Header[] = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]]
  const all = [['Host', host], ...headers, ...length]
  const options = {
    port,
    host: '127.0.0.1',
    servername: serverName,
    method,
    path: target,
    headers: all.flat(),
    ...anyCertificate,
  }
  const outgoing = request({ ...options, ...(from && { localAddress: from }), agent: agent ?? false })
  outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error(`${method} ${target}: no answer`)))
  outgoing.end(body)
  const [incoming] = await once(outgoing, 'response')
  return answerOf(incoming.statusCode, incoming.headers, await readText(incoming))
}

/** An agent that keeps one connection open. */
export const oneConnection = () => new Agent({ keepAlive: true, maxSockets: 1 })

/** Asks over HTTP/2; header names are sent in lower case, as it demands. Status 0: the proxy ended the stream instead. */
export async function askH2(port: number, question: Question): Promise<Answer> {
  const { method = 'GET', target, host = APP, headers = [] } = question
  const options = { servername: host, strictSingleValueFields: false, ...anyCertificate }
  const session = connectH2(`https://127.0.0.1:${port}`, options)
  try {
    const stream = session.request({ ':method': method, ':path': target, ':authority': host, ...grouped(headers) })
    stream.setTimeout(PATIENCE_MS, () => stream.destroy(new Error(`${method} ${target}: no answer`)))
    const [incoming] = await once(stream, 'response')
    return answerOf(incoming[':status'], incoming, await readText(stream))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_HTTP2_STREAM_ERROR') throw error
    return answerOf(0, {}, '')
  } finally {
    session.close()
  }
}

function grouped(headers: readonly Header[]): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  for (const [name, value] of headers) values[name.toLowerCase()] = [...(values[name.toLowerCase()] ?? []), value]
  return values
}

function answerOf(status: number, headers: Answer['headers'], text: string): Answer {
  return { status, headers, text, seen: headers['x-app'] === undefined ? undefined : JSON.parse(text || '{}') }
}

/** Sends bytes as they are. @returns what came back until the proxy closed, or was silent for a while */
export async function sendRaw(port: number, bytes: string | Buffer, silenceMs = 250): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: APP, ...anyCertificate })
  await once(socket, 'secureConnect')
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    socket.setTimeout(silenceMs)
  })
  socket.setTimeout(PATIENCE_MS / 10, () => socket.destroy())
  socket.on('error', () => {}) // a proxy may close as it likes: what counts is what reached the service behind
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

/** Whether TLS is spoken there: Caddy listens a moment before it has its certificate. */
export async function connects(port: number): Promise<boolean> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: APP, ...anyCertificate })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.on('secureConnect', () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
