/** A service behind a proxy: it answers what it saw, and keeps it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** A request as it arrived. */
export type Seen = {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  body: string
}

export type App = {
  readonly port: number
  /** What arrived since it was last asked, whether it arrived completely or not. */
  takeSeen(): Seen[]
}

export async function startApp(t: TestContext): Promise<App> {
  const seen: Seen[] = []
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    const { method = '', url: target = '', rawHeaders } = request
    const headers = rawHeaders.flatMap((name, n) => (n % 2 === 0 ? [[name, rawHeaders[n + 1] ?? ''] as const] : []))
    const one: Seen = { method, target, headers, body: '' }
    seen.push(one)
    request.setEncoding('utf8').on('data', (chunk: string) => {
      one.body += chunk
    })
    request.on('end', () => response.setHeader('x-app', 'yes').end(JSON.stringify(one)))
    request.on('error', () => response.destroy()) // a proxy gave up on its client
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, takeSeen: () => seen.splice(0) }
}

/** All values under a name, spelled as CGI, WSGI, Rack and PHP have it: every sign but letters and digits is an underscore. */
export function valuesOf({ headers }: Seen, name: string): string[] {
  return headers.filter((header) => folded(header[0]) === folded(name)).map(([, value]) => value)
}

const folded = (name: string) => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
