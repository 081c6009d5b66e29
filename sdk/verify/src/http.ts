/** Asking the issuer: GET without redirects, within a time and a size. */

export type Fetch = typeof globalThis.fetch

export type Question = {
  url: string
  /** Media type that the answer must have. */
  accept: string
  timeoutMs: number
  signal?: AbortSignal | undefined
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * An address that may be asked: https, or http on the machine itself (CVE-2026-48522: no file:, ftp:, data:).
 *
 * @throws TypeError
 */
export function checkUrl(name: string, text: string, allowInsecure: boolean): string {
  if (!URL.canParse(text)) throw new TypeError(`${name} must be an absolute address`)
  const { protocol, hostname, username, password, href } = new URL(text)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && (allowInsecure || LOOPBACK.test(hostname)))
  if (!isSafe) throw new TypeError(`${name} must begin with https:// (http:// only on the same machine)`)
  if (username || password) throw new TypeError(`${name} must not contain a password`)
  return href
}

/** An answer other than 200. */
export class UnexpectedStatus extends Error {
  readonly status: number

  constructor(status: number) {
    super(`it answered ${status} instead of 200`)
    this.status = status
  }
}

/** A body within a time limit: call `more` whenever something useful came, and the time begins anew. */
export type Body = { headers: Headers; chunks: AsyncIterable<Uint8Array>; more: () => void }

/**
 * Asks, and hands over the answer for as long as `use` runs; then, or after the time, the connection is given up.
 *
 * @throws UnexpectedStatus, Error of the network, of the time limit, of the signal
 */
export async function withAnswer<T>(fetch: Fetch, question: Question, use: (body: Body) => Promise<T>): Promise<T> {
  const { url, accept, timeoutMs, signal } = question
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs)
  const stop = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    // A redirect would lead to keys that nobody configured: it is an unexpected status.
    const init = { headers: { accept }, redirect: 'manual', cache: 'no-store', signal: controller.signal } as const
    const { status, headers, body } = await fetch(url, init)
    if (status !== 200) throw new UnexpectedStatus(status)
    if (!body) throw new Error('it answered without a body')
    const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (accept !== '*/*' && type !== accept) throw new Error(`it answered with ${type} instead of ${accept}`)
    return await use({ headers, chunks: body, more: () => timer.refresh() })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    controller.abort() // gives up what was not read
  }
}

/** The whole body as text. @throws Error when it is longer than `maxBytes` */
export async function readText({ chunks }: Body, maxBytes: number): Promise<string> {
  const read: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.byteLength
    if (length > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`)
    read.push(chunk)
  }
  return Buffer.concat(read).toString()
}
