/** A receiver of webhooks: real HTTP on the loopback address, which answers as a test says and checks what it is sent. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { CloudEvent } from '../../../contract/events.ts'

export type Call = { headers: IncomingHttpHeaders; body: string; event: CloudEvent }

export type Receiver = {
  url: string
  calls: Call[]
  /** How it answers from now on. Default: 204. */
  answer: RequestListener
}

export async function startReceiver(t: TestContext): Promise<Receiver> {
  const receiver: Receiver = { url: '', calls: [], answer: (_request, response) => response.writeHead(204).end() }
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    receiver.calls.push({ headers: request.headers, body, event: JSON.parse(body) })
    receiver.answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
  return receiver
}

/** Which of the signatures that came with a call is by this secret, from 0 on; -1: none. As a receiver checks it. */
export function signatureBy(secret: string, { headers, body }: Call): number {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const mac = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  return String(headers['webhook-signature'])
    .split(' ')
    .indexOf(`v1,${mac.digest('base64')}`)
}
