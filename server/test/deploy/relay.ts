/** A way to the auth service that keeps what goes in, to see what a proxy tells it. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export type Relay = {
  readonly port: number
  /** What was sent since it was last asked. */
  takeSent(): string
  /** From now on connections are refused. */
  close(): void
}

export async function startRelay(t: TestContext, port: number): Promise<Relay> {
  let sent = ''
  const open = new Set<Socket>()
  const server = createServer((incoming) => {
    const outgoing = connect(port, '127.0.0.1')
    incoming.on('data', (chunk) => {
      sent += chunk.toString('latin1')
    })
    incoming.pipe(outgoing).pipe(incoming)
    for (const socket of [incoming, outgoing]) {
      open.add(socket)
      socket.on('error', () => {}) // the other side ends with it
      socket.on('close', () => {
        open.delete(socket)
        incoming.destroy()
        outgoing.destroy()
      })
    }
  })
  const close = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  t.after(close)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const takeSent = () => {
    const taken = sent
    sent = ''
    return taken
  }
  return { port: (server.address() as AddressInfo).port, takeSent, close }
}
