/** Relaying within a test: the relay of a server that runs in this process, for as long as is needed. */
import type { TestContext } from 'node:test'
import { eventually } from '../eventually.ts'
import type { TestServer } from '../start-server.ts'

type Work = Parameters<TestServer['service']['events']['relay']>[0]
type Consumers = Work['consumers']

/** Takes part in relaying until the answer is called, at the latest until the test ends. */
export function startRelay(t: TestContext, s: TestServer, consumers: Consumers = []): () => Promise<void> {
  return startWatched(t, s, consumers, () => {})
}

/** Every event that is committed now has its place in the chain afterwards. */
export async function untilChained({ db }: TestServer): Promise<void> {
  await eventually('every event has its place', async () => {
    const waiting = await db.selectFrom('event').select('position').where('sequence', 'is', null).limit(1).execute()
    return waiting.length === 0
  })
}

/** Relays all that is committed now, signs what is due, and stops. */
export async function relayAll(t: TestContext, s: TestServer): Promise<void> {
  let seen = -1
  const stop = startWatched(t, s, [], (sequence) => {
    seen = sequence
  })
  await untilChained(s)
  await eventually('its end was seen', async () => seen === ((await s.service.events.end())?.sequence ?? 0))
  await stop()
}

function startWatched(
  t: TestContext,
  { service: { events, audit } }: TestServer,
  consumers: Consumers,
  onWatched: (sequence: number) => void,
): () => Promise<void> {
  const stopping = new AbortController()
  const watch: Work['watch'] = async (end) => {
    await audit.watch(end)
    onWatched(end.sequence)
  }
  const done = events.relay({ consumers, watch }, stopping.signal)
  const stop = () => {
    stopping.abort()
    return done
  }
  t.after(stop)
  return stop
}
