import { setTimeout as wait } from 'node:timers/promises'

const EVERY_MS = 20

/** Resolves once it is true. @param what in words, for the message when it does not come true in time */
export async function eventually(what: string, isTrue: () => boolean, seconds = 10): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
    await wait(EVERY_MS)
  }
}
