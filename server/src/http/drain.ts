/** Ending without losing anybody: what is running ends, what is idle is closed, nothing new is accepted. */
import { Server } from 'node:net'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'

const IDLE_GRACE_MS = 500 // a request may be on its way through a connection that looks idle to us

export type Drain = {
  isDraining: () => boolean
  /** Nobody new is let in; who is there goes on as before. */
  stopAccepting: () => void
  /** Resolves when the last connection is gone. */
  drain: () => Promise<void>
  /** Calls back when draining begins: for answers that would never end by themselves. */
  onDrain: (listener: () => void) => void
}

export function registerDrain(app: FastifyInstance, { drainSeconds }: { drainSeconds: number }): Drain {
  const { server } = app
  const listeners: (() => void)[] = []
  let isDraining = false
  let closed: Promise<void> | undefined
  let ending: Promise<void> | undefined
  // When it is answered, not when it comes: a login may have begun before. Quiet routes answer at once and in thousands: to
  // them the one is the other, and a hook at the answer would cost more than it tells.
  app.addHook('onRequest', (_request, reply, done) => {
    tellDraining(reply)
    done()
  })
  app.addHook('onRoute', (route) => {
    if (route.config?.isQuiet) return
    route.onSend = (_request, reply, payload, done) => {
      tellDraining(reply)
      done(null, payload)
    }
  })

  function tellDraining(reply: FastifyReply): void {
    if (isDraining) reply.header('connection', 'close') // the client opens its next connection somewhere else
  }

  // http.Server.close() drops idle connections at once; net.Server's only stops accepting.
  function stopAccepting(): Promise<void> {
    closed ??= new Promise((resolve) => Server.prototype.close.call(server, () => resolve()))
    return closed
  }

  async function end(): Promise<void> {
    await turn() // who has connected by now is let in
    const isClosed = stopAccepting()
    isDraining = true
    for (const listener of listeners) listener()
    await wait(IDLE_GRACE_MS)
    await closeIdle(server)
    const sweep = setInterval(() => void closeIdle(server), IDLE_GRACE_MS)
    await Promise.race([isClosed, wait(drainSeconds * 1000, undefined, { ref: false })])
    clearInterval(sweep)
    server.closeAllConnections()
    await app.close()
  }

  return {
    isDraining: () => isDraining,
    stopAccepting: () => void stopAccepting(),
    drain: () => {
      ending ??= end()
      return ending
    },
    onDrain: (listener) => void listeners.push(listener),
  }
}

// Timers come before sockets in a turn of the event loop: a request may have arrived that nobody has read yet.
async function closeIdle(server: FastifyInstance['server']): Promise<void> {
  await turn()
  server.closeIdleConnections()
}
