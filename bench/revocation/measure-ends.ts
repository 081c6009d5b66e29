/** How long after the end of a session was answered its access token is refused, at each place. */
import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../ask.ts'
import { signIn, type Tokens } from '../people.ts'
import type { Place } from './places.ts'

const ENDS_AT_ONCE = 8
/** Ends fall anywhere between two reads of the table, which each process takes every 400 ms. */
const SPREAD_MS = 400
const STEP_MS = 1
const GIVE_UP_MS = 10_000

/** Milliseconds by place, in the order of the places. */
export type Delays = readonly number[]

/** Ends so many sessions, some at once, and shows the token of each at every place until it is refused there. */
export async function measureEnds(address: string, places: readonly Place[], ends: number): Promise<Delays[]> {
  const delays: Delays[] = []
  while (delays.length < ends) {
    const sessions = await signIn(address, Math.min(ENDS_AT_ONCE, ends - delays.length))
    delays.push(...(await Promise.all(sessions.map((tokens) => measureEnd(address, places, tokens)))))
  }
  return delays
}

async function measureEnd(address: string, places: readonly Place[], { access, refresh }: Tokens): Promise<Delays> {
  for (const place of places) {
    if (await place.refuses(access)) throw new Error(`${place.name} refuses a token whose session lives`)
  }
  await pause(Math.random() * SPREAD_MS)
  const body = JSON.stringify({ refresh })
  const { status } = await ask(address, { method: 'POST', path: '/api/logout', body })
  if (status !== 200) throw new Error(`logout answered ${status}`)
  const endedAt = performance.now()
  return Promise.all(places.map((place) => untilRefused(place, access, endedAt)))
}

async function untilRefused(place: Place, token: string, endedAt: number): Promise<number> {
  while (!(await place.refuses(token))) {
    if (performance.now() - endedAt > GIVE_UP_MS) throw new Error(`${place.name} still takes the token`)
    await pause(STEP_MS)
  }
  return performance.now() - endedAt
}
