/** Clients that ask without a pause, as a gateway does: what they were answered, and what went wrong, is kept. */
import { type Answer, type Client, createClient } from '../client.ts'

export type Asker = {
  /** All answers so far. */
  readonly answers: readonly Answer[]
  /** Whether a request got no answer. */
  readonly hasFailed: boolean
  /** Resolves when nobody accepts a connection any more, or after `stop`. Rejects when a request got no answer. */
  readonly done: Promise<void>
  stop(): void
}

/**
 * Asks one request after the other over one connection that is kept alive, and over a new one when the server has closed
 * it. A connection that is refused ends the asker; one that breaks is a failure.
 */
export function startAsker(port: number, ask: (client: Client) => Promise<Answer>): Asker {
  const answers: Answer[] = []
  const client = createClient(port)
  let isStopped = false
  async function askOn(): Promise<void> {
    while (!isStopped) answers.push(await ask(client))
  }
  const done = askOn()
    .catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 'ECONNREFUSED') throw error
    })
    .finally(() => client.close())
  let hasFailed = false
  done.catch(() => {
    hasFailed = true // and whoever waits for `done` is told why
  })
  return {
    answers,
    done,
    get hasFailed() {
      return hasFailed
    },
    stop: () => {
      isStopped = true
    },
  }
}
