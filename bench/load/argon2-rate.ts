/**
 * The raw rate of the machine for our password hash: `node argon2-rate.ts <seconds>` keeps as many Argon2id hashes
 * going as there are cores and prints what came of it. No server can sign people in faster than this.
 */
import { argon2, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import type { Load } from './wrk.ts'

/** The parameters of our hashes: 19 MiB, two passes, one lane (OWASP's smallest recommended set). */
const cost = { memory: 19456, passes: 2, parallelism: 1, tagLength: 32 }

const hash = promisify(argon2)
const seconds = Number(process.argv[2])
const latencies: number[] = []
const begun = performance.now()
const cpuBefore = process.cpuUsage()

const elapsed = () => (performance.now() - begun) / 1000

async function hashUntilTheEnd(): Promise<void> {
  while (elapsed() < seconds) {
    const started = performance.now()
    await hash('argon2id', { ...cost, message: 'Str0ng-pass', nonce: randomBytes(16) })
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
