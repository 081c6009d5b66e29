/**
 * Appends events to the database of a running service, from a process of its own: `writer.ts <DATABASE_URL> <how many a second>
 * <seconds> <events a transaction>`. Each is about one of some users, with an address to be sealed, as a sign-in is. Prints
 * what it did as JSON: `appendMs` is what a transaction waits for one event, without its commit.
 */
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startServer } from '../../server/test/start-server.ts'
import { median } from '../median.ts'

const USERS = 1000
const [url = '', rateText, secondsText, batchText] = process.argv.slice(2)
const [rate, seconds, batch] = [Number(rateText), Number(secondsText), Number(batchText)]
const TICK_MS = 20
/** A machine that is too slow for the rate is told by the rate, not by an outage. */
const UNDER_WAY_AT_MOST = 64

const ends: (() => unknown)[] = []
const lifetime = { after: (end: () => unknown) => void ends.push(end) } as unknown as TestContext
const s = await startServer(lifetime, { url, clock: 'running' })
const { events, database } = s.service

async function append(first: number): Promise<number> {
  const some = Array.from({ length: batch }, (_, index) => signInOf(1_000_000 + ((first + index) % USERS)))
  return database.transaction(async (tx) => {
    const begunAt = performance.now()
    await events.appendAll(tx, some)
    return (performance.now() - begunAt) / batch
  })
}

function signInOf(userId: number): Parameters<typeof events.append>[1] {
  return {
    type: 'sign-in.succeeded',
    userId,
    actor: { kind: 'user', id: userId },
    sessionId: 'f'.repeat(32),
    origin: {
      address: '192.0.2.1',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    },
    data: { amr: 'pwd' },
  }
}

for (let number = 0; number < USERS; number += batch) await append(number) // everybody has a key
process.stdout.write('ready\n')
const times: number[] = []
const open = new Set<Promise<void>>()
const begunAt = performance.now()
let appended = 0
while (performance.now() - begunAt < seconds * 1000) {
  const wanted = Math.floor(((performance.now() - begunAt) / 1000) * rate)
  for (; appended + batch <= wanted && open.size < UNDER_WAY_AT_MOST; appended += batch) {
    const one: Promise<void> = append(appended).then((ms) => {
      times.push(ms)
      open.delete(one)
    })
    open.add(one)
  }
  await wait(TICK_MS)
}
await Promise.all(open)
const perSecond = appended / ((performance.now() - begunAt) / 1000)
process.stdout.write(`${JSON.stringify({ appended, perSecond, appendMs: times.length > 0 ? median(times) : 0 })}\n`)
for (const end of ends) await end()
