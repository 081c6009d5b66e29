import { setTimeout as wait } from 'node:timers/promises'

const EVERY_MS = 10

/**
 * Asks again until there is an answer that is neither false nor undefined.
 *
 * @param what in words, for the message when it does not come true in time
 */
export async function eventually<T>(
  what: string,
  find: () => T | Promise<T>,
  seconds = 15,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const found = await find()
    if (found !== false && found !== undefined) return found as Exclude<T, false | undefined>
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
    await wait(EVERY_MS)
  }
}
