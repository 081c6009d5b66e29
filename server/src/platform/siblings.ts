/** The other processes of this machine that serve the same port: what one of them must know at once is told to all. */
import cluster, { type Worker } from 'node:cluster'

/** A message that survives structured cloning. */
export type SiblingMessage = { topic: string; body: unknown }

export type Siblings = {
  /** Resolves when every sibling has heard the message, at the latest after 250 ms: they also follow the database. */
  tell(message: SiblingMessage): Promise<void>
  listen(listener: (message: SiblingMessage) => void): void
}

const PATIENCE_MS = 250

type Envelope =
  | { kind: 'tell'; id: number; message: SiblingMessage }
  | { kind: 'heard'; id: number; by: number }
  | { kind: 'done'; id: number }

/** Of a process that serves alone. */
export const noSiblings: Siblings = { tell: async () => {}, listen: () => {} }

/** In a worker process of a cluster, whose primary runs {@link relaySiblings}. */
export function clusterSiblings(): Siblings {
  const listeners: ((message: SiblingMessage) => void)[] = []
  const waiting = new Map<number, () => void>()
  let lastId = 0
  process.on('message', (envelope: Envelope) => {
    if (envelope.kind === 'done') waiting.get(envelope.id)?.()
    if (envelope.kind !== 'tell') return
    for (const listener of listeners) listener(envelope.message)
    send(cluster.worker, { kind: 'heard', id: envelope.id, by: cluster.worker?.id ?? 0 })
  })
  return {
    listen: (listener) => void listeners.push(listener),
    tell: (message) =>
      new Promise((resolve) => {
        const id = ++lastId
        const settle = () => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve()
        }
        const timer = setTimeout(settle, PATIENCE_MS)
        waiting.set(id, settle)
        send(cluster.worker, { kind: 'tell', id, message })
      }),
  }
}

/** In the primary process: passes each message on, and tells its sender when the last sibling has heard it. */
export function relaySiblings(): void {
  const open = new Map<number, { sender: Worker; id: number; missing: Set<number> }>()
  let lastRelay = 0

  function pass(sender: Worker, id: number, message: SiblingMessage): void {
    const others = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && worker !== sender)
    if (others.length === 0) {
      send(sender, { kind: 'done', id })
      return
    }
    const relay = ++lastRelay
    open.set(relay, { sender, id, missing: new Set(others.map((worker) => worker?.id ?? 0)) })
    setTimeout(() => open.delete(relay), PATIENCE_MS).unref()
    for (const worker of others) send(worker, { kind: 'tell', id: relay, message })
  }

  function note(relay: number, by: number): void {
    const entry = open.get(relay)
    if (!entry?.missing.delete(by) || entry.missing.size > 0) return
    open.delete(relay)
    send(entry.sender, { kind: 'done', id: entry.id })
  }

  cluster.on('message', (sender, envelope: Envelope) => {
    if (envelope?.kind === 'tell') pass(sender, envelope.id, envelope.message)
    if (envelope?.kind === 'heard') note(envelope.id, envelope.by)
  })
}

// Whoever it is meant for may be dying. Unheard, the failure would be an error event that ends this process too.
function send(worker: Worker | undefined, envelope: Envelope): void {
  if (worker?.isConnected()) worker.send(envelope, () => {})
}
