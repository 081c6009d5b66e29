/** An issuer for tests: a real HTTP server with real keys, a key set and a revocation feed that can be disturbed. */
import { KeyObject, randomBytes, sign as signBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { TokenClaims } from '../../../contract/claims.ts'
import { REVOCATIONS_TYPE, type Revocation, type RevocationPage } from '../../../contract/revocations.ts'

export type SigningKey = { kid: string; alg: string; privateKey: CryptoKey; jwk: JWK }

export type Issuer = {
  readonly url: string
  /** The current key is the last one. Change it as you like. */
  keys: SigningKey[]
  readonly currentKey: SigningKey
  /** Makes a key the current one. */
  rotate(alg?: string): Promise<SigningKey>
  /** A signed token: good unless `claims` or `header` say otherwise; members that are undefined are left out. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: SigningKey): Promise<string>
  /** A page with the revocations after the cursor. */
  page(claims?: Partial<RevocationPage>, header?: Record<string, unknown>, after?: number): Promise<string>
  /** Ends a session and tells it to those who follow the stream. */
  revoke(sid: string, exp?: number): Promise<void>
  /** Sends a text as a page to everybody on the stream. */
  push(page: string): void
  /** Ends all streams. */
  cutStreams(): void
  readonly revocations: Revocation[]
  /** What was asked: paths with their queries. */
  readonly asked: string[]
  /** Answers instead of the usual when set: return true when it has answered. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** Seconds that its clock is ahead. */
  clockAhead: number
  /** How many revocations a page has at most. */
  pageSize: number
  stop(): Promise<void>
  /** At the same address as before. */
  start(): Promise<void>
}

export const AUDIENCE = 'api.example'
const HEARTBEAT_MS = 200 // faster than the real one, to keep tests short

export async function startIssuer(t: Pick<TestContext, 'after'>): Promise<Issuer> {
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    issuer.asked.push(request.url ?? '')
    if (!issuer.instead?.(request, response)) void answer(request, response)
  })
  const heartbeat = setInterval(() => void sendFrom(issuer.revocations.length), HEARTBEAT_MS)
  let port = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', issuer.url)
    const after = Number(searchParams.get('after') ?? 0)
    if (pathname === '/.well-known/jwks.json') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' })
      response.end(JSON.stringify(keySetOf(issuer)))
    } else if (pathname === '/api/revocations') {
      response.writeHead(200, { 'content-type': 'application/jwt' }).end(await issuer.page({}, {}, after))
    } else if (pathname === '/api/revocations/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let from = after; from === after || from < issuer.revocations.length; from += issuer.pageSize)
        response.write(toEvent(await issuer.page({}, {}, from)))
      streams.add(response)
      response.on('close', () => streams.delete(response))
    } else {
      response.writeHead(404).end()
    }
  }

  async function sendFrom(after: number): Promise<void> {
    if (streams.size > 0) issuer.push(await issuer.page({}, {}, after))
  }

  const issuer: Issuer = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    keys: [],
    get currentKey() {
      const key = issuer.keys.at(-1)
      if (!key) throw new TypeError('the issuer has no key')
      return key
    },
    asked: [],
    revocations: [],
    instead: undefined,
    clockAhead: 0,
    pageSize: Number.POSITIVE_INFINITY,
    async rotate(alg = 'ES256') {
      const key = await makeKey(alg)
      issuer.keys.push(key)
      return key
    },
    token: (claims, header, key = issuer.currentKey) => sign({ ...goodClaims(issuer.url), ...claims }, header, key),
    page(claims, header, after = 0) {
      const revocations = issuer.revocations.slice(after, after + issuer.pageSize)
      const iat = Date.now() / 1000 + issuer.clockAhead
      const end = after + revocations.length
      const more = end < issuer.revocations.length ? { more: true } : {}
      const keys = issuer.keys.map(({ kid }) => kid)
      const page = { iss: issuer.url, iat, cursor: String(end), revocations, ...more, keys, ...claims }
      return sign(page, { typ: REVOCATIONS_TYPE, ...header }, issuer.currentKey)
    },
    async revoke(sid, exp = Math.floor(Date.now() / 1000) + 600) {
      const after = issuer.revocations.push({ sid, exp }) - 1
      await sendFrom(after)
    },
    push(page) {
      for (const stream of streams) stream.write(toEvent(page))
    },
    cutStreams() {
      for (const stream of streams) stream.destroy()
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async start() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
  }
  await issuer.start()
  await issuer.rotate()
  t.after(async () => {
    clearInterval(heartbeat)
    if (server.listening) await issuer.stop()
  })
  return issuer
}

export async function makeKey(alg: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const kid = randomBytes(12).toString('base64url')
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** Signs with jose: not the code under test. */
export function sign(claims: object, header: Record<string, unknown> = {}, key: SigningKey): Promise<string> {
  const members = Object.entries({ alg: key.alg, typ: 'JWT', kid: key.kid, ...header })
  const given = Object.fromEntries(members.filter(([, value]) => value !== undefined))
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader(given as { alg: string })
    .sign(key.privateKey)
}

/** Signs with ES256 what jose would not: any header and any bytes. */
export function signAnything(payload: string | Uint8Array, header: object, { kid, privateKey }: SigningKey): string {
  const encodedHeader = toBase64url(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid, ...header }))
  const input = `${encodedHeader}.${toBase64url(payload)}`
  const key = { key: KeyObject.from(privateKey), dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${toBase64url(signBytes('sha256', Buffer.from(input), key))}`
}

export const toBase64url = (bytes: string | Uint8Array) => Buffer.from(bytes as string).toString('base64url')

export function goodClaims(issuer: string): TokenClaims {
  const now = Math.floor(Date.now() / 1000)
  const ids = { jti: randomBytes(16).toString('hex'), sid: randomBytes(16).toString('hex') }
  return { token_type: 'access', ...ids, iat: now, exp: now + 300, iss: issuer, aud: AUDIENCE, sub: '7', user_id: 7 }
}

export function keySetOf({ keys }: Pick<Issuer, 'keys'>): { keys: JWK[] } {
  return { keys: keys.map(({ jwk }) => jwk) }
}

const toEvent = (page: string) => `id: 1\ndata: ${page}\n\n`
