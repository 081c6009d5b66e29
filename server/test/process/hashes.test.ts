/** However many log in, the processes together hash on each core once at a time: seen from inside of each. */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { join as joinPath } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createClient } from '../client.ts'
import { join, PASSWORD, paths } from '../scenario.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'

const AT_ONCE = 8 * availableParallelism() // more than enough for each process to have as many as it may
const main = joinPath(import.meta.dirname, '../../src/main.ts')
const command = [process.execPath, '--import', joinPath(import.meta.dirname, 'tell-hashes.ts'), main] as const
const environment = { LIMITS: 'off', HASH_QUEUE: String(AT_ONCE) }

for (const WORKERS of [1, 2]) {
  test(`${WORKERS === 1 ? 'one process' : `${WORKERS} processes`}: as many hashes at once as there are cores`, async (t) => {
    const s = await startProcess(t, { command, environment: { ...environment, WORKERS: String(WORKERS) } })
    const { email } = await join(s, 'ann')
    const statuses = await logInOnOwnConnections(t, s, email)
    assert.deepEqual(statuses, Array(AT_ONCE).fill(200))
    const peaks = peaksOf(s)
    assert.equal(peaks.length, WORKERS, 'every process was asked')
    const cores = Math.max(availableParallelism(), WORKERS) // nobody does without
    const hashes = peaks.reduce((sum, peak) => sum + peak, 0)
    // What cannot be shared out evenly is left to whoever answers.
    assert.ok(hashes <= cores && hashes > cores - WORKERS, `${peaks.join(' and ')} hashes on ${cores} cores`)
  })
}

/** Each a connection of its own, so that every process gets some. */
async function logInOnOwnConnections(t: TestContext, { port }: RunningProcess, email: string): Promise<number[]> {
  const clients = Array.from({ length: AT_ONCE }, () => createClient(port))
  t.after(() => {
    for (const client of clients) client.close()
  })
  const answers = await Promise.all(clients.map((client) => client.post(paths.login, { email, password: PASSWORD })))
  return answers.map(({ status }) => status)
}

/** The most hashes at once in each process. */
function peaksOf({ logs }: RunningProcess): number[] {
  const told = logs.filter(({ msg }) => msg === 'hashes at once')
  const peaks = new Map<number, number>()
  for (const { pid, hashes } of told) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(hashes)))
  return [...peaks.values()]
}
