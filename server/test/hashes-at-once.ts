/** How many passwords this process hashes at the same moment, as Node.js counts the work of its thread pool: not from our queue. */
import { createHook } from 'node:async_hooks'

const NATIVE = 'undefined' // work of a native module, which gives it no name: Argon2 and bcrypt are all that we have
const isHash = (type: string) => type === NATIVE || /^(PBKDF2|SCRYPT)REQUEST$/.test(type)

/**
 * Counts until `stop`. A hash that waits for a thread of the pool counts too: it was let in.
 *
 * @param tell hears of each new peak
 */
export function watchHashes(tell: (peak: number) => void = () => {}): { peak(): number; stop(): void } {
  const running = new Set<number>()
  let peak = 0
  const hook = createHook({
    init(id, type) {
      if (!isHash(type)) return
      running.add(id)
      if (running.size <= peak) return
      peak = running.size
      tell(peak)
    },
    before(id) {
      running.delete(id) // its result is there
    },
  }).enable()
  return { peak: () => peak, stop: () => void hook.disable() }
}
