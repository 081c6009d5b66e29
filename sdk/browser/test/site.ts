/**
 * A web site on one origin: a page with the package, an API that wants a token, and the service behind a proxy that can
 * lose, delay and withhold what passes.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { frontFile } from './build.ts'
import type { Service } from './service.ts'

/** What the proxy does to a request; the service is asked unless it says otherwise. */
export type Fault =
  /** The request never arrives. */
  | { readonly kind: 'lose-request' }
  /** The service answers, and the connection breaks in the middle: a browser repeats by itself what broke before. */
  | { readonly kind: 'lose-answer' }
  /** The service answers, and nothing comes of it: no answer, no end. */
  | { readonly kind: 'withhold-answer' }
  | { readonly kind: 'delay-answer'; readonly milliseconds: number }
  /** Somebody else answers. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body: string
    }

/** A request that came here, with what became of it. */
export type Exchange = {
  readonly path: string
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
  readonly fault: Fault | undefined
  /** When, in milliseconds of the test's own clock. */
  readonly at: number
  /** When the page was answered, or the connection broken; Infinity: not yet. */
  endedAt: number
  /** What the service or the API answered; 0: it was not asked, or has not answered yet. */
  status: number
  /** The body of that, whether or not it reached the page. */
  answer: string
}

export type Site = {
  readonly origin: string
  /** Everything that was asked so far. */
  readonly exchanges: Exchange[]
  /** Those of the refreshes, in order. */
  refreshes(): Exchange[]
  /** Decides about each request that the proxy passes on, until it is set again. */
  fault: (path: string) => Fault | undefined
  /** Pages that wait for an answer, and do nothing else meanwhile. */
  readonly stalled: ServerResponse[]
  stop(): void
}

async function loseHalf(response: ServerResponse, answer: Response): Promise<void> {
  const body = await answer.text()
  response.writeHead(answer.status, { 'content-length': body.length })
  response.write(body.slice(0, body.length / 2), () => response.destroy())
}

const page = `<!doctype html><title>Page</title><script type="module">
import { createClient } from '/${frontFile}'
const options = JSON.parse(decodeURIComponent(location.hash.slice(1)) || '{}')
globalThis.client = createClient({ baseUrl: '/', ...options })
globalThis.states = [client.session.state]
client.session.subscribe((state) => states.push(state))
</script>`

const html = { 'content-type': 'text/html' }
const sandboxed = { ...html, 'content-security-policy': 'sandbox allow-scripts' } // of no origin: it has no storage
const script = { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }

/** @param folder where the package was built */
export async function startSite(service: Service, folder: string): Promise<Site> {
  const exchanges: Exchange[] = []
  const server = createServer((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const site: Site = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    exchanges,
    refreshes: () => exchanges.filter(({ path }) => path === '/api/token/refresh'),
    fault: () => undefined,
    stalled: [],
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (path === '/') return void response.writeHead(200, html).end(page)
    if (path === '/favicon.ico') return void response.writeHead(204).end()
    if (path === '/stall') return void site.stalled.push(response)
    if (path === '/sandboxed') return void response.writeHead(200, sandboxed).end(page)
    if (/^[\w@/-]+\.js$/.test(path)) {
      return void response.writeHead(200, script).end(await readFile(join(folder, path)))
    }
    await exchange(request, response)
  }

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const { authorization, 'content-type': contentType } = request.headers
    const body = await text(request)
    const fault = site.fault(path)
    const made: Exchange = {
      path,
      authorization,
      contentType,
      body,
      fault,
      at: performance.now(),
      endedAt: Number.POSITIVE_INFINITY,
      status: 0,
      answer: '',
    }
    exchanges.push(made)
    const answer = fault?.kind === 'lose-request' ? undefined : await answerTo(made)
    if (fault?.kind === 'withhold-answer') return
    if (fault?.kind === 'delay-answer') await new Promise((resolve) => setTimeout(resolve, fault.milliseconds))
    made.endedAt = performance.now()
    if (!answer) response.destroy()
    else if (fault?.kind === 'lose-answer') await loseHalf(response, answer)
    else response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  }

  /** Of the service, of the API, or of somebody in their place. */
  async function answerTo(made: Exchange): Promise<Response> {
    const { path, fault, body, authorization } = made
    if (fault?.kind === 'answer')
      return new Response(fault.body, { status: fault.status, headers: fault.headers ?? {} })
    const answer = path.startsWith('/api/') ? await ask(path, body) : await answerThing(path, authorization)
    made.answer = await answer.clone().text()
    made.status = answer.status
    return answer
  }

  function ask(path: string, body: string): Promise<Response> {
    const headers = { 'content-type': 'application/json' }
    return fetch(`http://127.0.0.1:${service.port}${path}`, { method: 'POST', headers, body })
  }

  /** An API of somebody: 200 for a token that is good now, else 401. */
  async function answerThing(path: string, authorization: string | undefined): Promise<Response> {
    if (path !== '/things') return new Response(null, { status: 404 })
    const token = authorization?.replace('Bearer ', '')
    const { status } = await ask('/api/token/verify', JSON.stringify({ token: token ?? 'none' }))
    return new Response('things', { status: status === 200 ? 200 : 401 })
  }

  return site
}
