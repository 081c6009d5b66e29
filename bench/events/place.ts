/** What both halves of the benchmark run on, and the process that appends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { TestContext } from 'node:test'
import type { Broker } from '../../server/test/broker.ts'
import type { DatabaseServer } from '../../server/test/database-servers.ts'

export type Place = { lifetime: TestContext; mariadb: DatabaseServer; broker: Broker }

export type Writing = { perSecond: number; seconds: number; eventsPerTransaction: number }

export type Written = { appended: number; perSecond: number; appendMs: number }

/** Starts a process that appends; returns once it has begun. */
export async function startWriter(url: string, { perSecond, seconds, eventsPerTransaction }: Writing) {
  const words = [join(import.meta.dirname, 'writer.ts'), url, perSecond, seconds, eventsPerTransaction].map(String)
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close') // it may be over before anybody asks
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  /** Waits until it is over. */
  const end = async (): Promise<Written> => {
    const { value } = await lines.next()
    await closed
    return JSON.parse(String(value))
  }
  return { end }
}
