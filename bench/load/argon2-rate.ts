/**
 * The raw rate of the machine for our password hash: `node argon2-rate.ts <seconds> node|library` keeps as many Argon2id
 * hashes going as there are cores and prints what came of it: in Node's own implementation, or in the one that our service
 * hashes with. No server can sign people in faster than its hashes are.
 */

import { argon2, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { hashRaw } from '@node-rs/argon2'
import type { Load } from './wrk.ts'

/** The parameters of our hashes: 19 MiB, two passes, one lane (OWASP's smallest recommended set). */
const cost = { memory: 19456, passes: 2, parallelism: 1, tagLength: 32 }
const libraryCost = { memoryCost: cost.memory, timeCost: cost.passes, parallelism: cost.parallelism, outputLen: 32 }

const ARGON2ID = 2 // as the library numbers it
const password = 'Str0ng-pass'
const digestOf = promisify(argon2)
const makers = {
  node: () => digestOf('argon2id', { ...cost, message: password, nonce: randomBytes(16) }),
  library: () => hashRaw(password, { ...libraryCost, algorithm: ARGON2ID, salt: randomBytes(16) }),
}

const [, , duration, maker] = process.argv
const hash = makers[maker === 'library' ? 'library' : 'node']
const seconds = Number(duration)
const latencies: number[] = []
const begun = performance.now()
const cpuBefore = process.cpuUsage()

const elapsed = () => (performance.now() - begun) / 1000

async function hashUntilTheEnd(): Promise<void> {
  while (elapsed() < seconds) {
    const started = performance.now()
    await hash()
    latencies.push(performance.now() - started)
  }
}

const percentile = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? 0

await Promise.all(Array.from({ length: availableParallelism() }, hashUntilTheEnd))
const took = elapsed()
const cpu = process.cpuUsage(cpuBefore)
latencies.sort((one, other) => one - other)
const load: Load = {
  requests: latencies.length,
  seconds: took,
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  refused: 0,
  broken: 0,
}
console.log(JSON.stringify({ ...load, cpuMs: (cpu.user + cpu.system) / 1000 }))
