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
const [memory, passes, parallelism] = [19456, 2, 1]
const DIGEST_BYTES = 32
const ARGON2ID = 2 // as the library numbers it
const password = 'Str0ng-pass'

const nodeCost = { memory, passes, parallelism, tagLength: DIGEST_BYTES }
const libraryCost = { memoryCost: memory, timeCost: passes, parallelism, outputLen: DIGEST_BYTES, algorithm: ARGON2ID }
const digestOf = promisify(argon2)
const hashers = {
  node: () => digestOf('argon2id', { ...nodeCost, message: password, nonce: randomBytes(16) }),
  library: () => hashRaw(password, { ...libraryCost, salt: randomBytes(16) }),
}

const [, , duration, hasher] = process.argv
const hash = hashers[hasher as keyof typeof hashers]
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
