/** What occurs more than once among very many texts, in eight bytes each: their fingerprints are sorted, the texts not kept. */
import { createHash } from 'node:crypto'

export type Repeats = {
  add(text: string): void
  /** Sorts once. @returns whether a text may have occurred more than once; who did not is never said to */
  find(): (text: string) => boolean
}

const FIRST_ROWS = 1024
const FINGERPRINT_BYTES = 6 // exact in a number; two texts with one fingerprint are compared by whoever asks

export function createRepeats(): Repeats {
  let fingerprints = new Float64Array(FIRST_ROWS)
  let count = 0

  function add(text: string): void {
    if (count === fingerprints.length) {
      const larger = new Float64Array(count * 2)
      larger.set(fingerprints)
      fingerprints = larger
    }
    fingerprints[count++] = fingerprintOf(text)
  }

  function find(): (text: string) => boolean {
    const sorted = fingerprints.subarray(0, count).sort()
    const repeated = new Set<number>()
    for (let index = 1; index < count; index++) {
      const fingerprint = sorted[index] ?? 0
      if (fingerprint === sorted[index - 1]) repeated.add(fingerprint)
    }
    return (text) => repeated.size > 0 && repeated.has(fingerprintOf(text))
  }

  return { add, find }
}

function fingerprintOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, FINGERPRINT_BYTES)
}
