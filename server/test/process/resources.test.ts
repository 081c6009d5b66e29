/** What a process takes of the machine: threads that step back, one place for their memory, and nothing loaded in vain. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { databases, freshDatabase } from '../databases.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'

const source = join(import.meta.dirname, '../../src/main.ts')
const command = [process.execPath, join(import.meta.dirname, '../../../bin/samurai-auth.js'), 'start'] as const
const SECRET_KEY = 'a secret key that only this test has'
const onLinux = { skip: process.platform === 'linux' ? false : 'Linux tells it in /proc' }

/** The niceness of each thread, by its name (proc_pid_stat(5)). */
function threadsOf(pid: number): { name: string; niceness: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const name = thread === String(pid) ? 'main' : text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    return { name, niceness: Number(fields[16]) }
  })
}

const environmentOf = (pid: number) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
const argumentsOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')

const [external] = databases().filter(({ kind }) => kind !== 'sqlite')
const onExternal = { skip: external ? false : 'no external database' }

async function severalWorkers(t: TestContext): Promise<Record<string, string>> {
  const { url } = await freshDatabase(t, external?.kind ?? 'mysql')
  return { DATABASE_URL: url, SECRET_KEY, WORKERS: '2' }
}

describe('a process that serves', onLinux, () => {
  it('lets the threads that hash step back behind the one that answers, and not so far that nobody gets in', async (t) => {
    const { pid } = await startProcess(t)
    const threads = threadsOf(pid)
    const usual = threads.find(({ name }) => name === 'main')?.niceness ?? Number.NaN
    const pool = threads.filter(({ name }) => name === 'libuv-worker')
    assert.ok(pool.length > 0)
    // Linux gives a quarter less for each step: a third at 5, a tenth at 10 (sched(7)).
    for (const { niceness } of pool)
      assert.ok(niceness >= Math.min(usual + 5, 19) && niceness <= usual + 10, `${niceness}, and ${usual} usually`)
  })

  it('keeps the memory of all threads in one place, and stays the process that was started', async (t) => {
    const { pid, logs } = await startProcess(t, { command })
    assert.equal(logs.find(({ msg }) => msg === 'listening')?.pid, pid)
    assert.ok(environmentOf(pid).includes('MALLOC_ARENA_MAX=1'))
  })

  it('lets young objects have a quarter of what V8 would, in each process', onExternal, async (t) => {
    const { pid, logs } = await startProcess(t, { command, environment: await severalWorkers(t) })
    const workers = logs.filter(({ msg }) => msg === 'listening').map((line) => Number(line.pid))
    assert.ok(workers.length > 0)
    for (const one of [pid, ...workers]) assert.ok(argumentsOf(one).includes('--max-semi-space-size=4'), `${one}`)
  })

  it('leaves both to an operator who has chosen', async (t) => {
    const environment = { MALLOC_ARENA_MAX: '3', NODE_OPTIONS: '--max-semi-space-size=8' }
    const { pid } = await startProcess(t, { command, environment })
    assert.ok(environmentOf(pid).includes('MALLOC_ARENA_MAX=3'))
    assert.ok(!argumentsOf(pid).some((word) => word.includes('semi-space')))
  })
})

// Written by each process when it ends: the packages that it has loaded, the one inside Node.js behind `fetch` too.
const recorder = `
  import { registerHooks } from 'node:module'
  const packages = new Set()
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\/(?!.*node_modules)/.exec(found.url) ?? []
      if (name) packages.add(name)
      return found
    },
  })
  process.on('exit', () => {
    if (process.moduleLoadList.some((name) => name.includes('undici'))) packages.add('undici')
    console.log('loaded', process.pid, ...packages)
  })`

/** Starts, ends, and tells which packages each process had loaded. */
async function packagesOf(
  t: TestContext,
  environment: Record<string, string>,
): Promise<{ s: RunningProcess; loaded: ReadonlyMap<number, readonly string[]> }> {
  const record = `data:text/javascript,${encodeURIComponent(recorder)}`
  const s = await startProcess(t, { command: [process.execPath, '--import', record, source], environment })
  assert.equal(await s.stop(), 0)
  const lines = s.output().match(/^loaded .*$/gm) ?? []
  const loaded = lines.map((line) => line.split(' ').slice(1))
  return { s, loaded: new Map(loaded.map(([pid, ...packages]) => [Number(pid), packages])) }
}

const DRIVERS = ['mysql2', 'pg']
const LATER = [
  '@node-rs/bcrypt',
  '@simplewebauthn/server',
  '@zxcvbn-ts/language-common',
  'ajv',
  'altcha-lib',
  'amqplib',
  'csv-parse',
  'nodemailer',
  'undici',
]

describe('a start loads', () => {
  it('neither what only some requests need, nor the drivers of other databases, nor compilers of schemas', async (t) => {
    const { s, loaded } = await packagesOf(t, {})
    const packages = loaded.get(s.pid) ?? []
    for (const name of ['fastify', 'kysely', 'pino']) assert.ok(packages.includes(name), name)
    const inVain = [...DRIVERS, ...LATER].filter((name) => packages.includes(name))
    assert.deepEqual(inVain, [])
  })

  it('no door into the primary process of several', onExternal, async (t) => {
    const { s, loaded } = await packagesOf(t, await severalWorkers(t))
    assert.equal(loaded.size, 3)
    for (const [pid, packages] of loaded) {
      assert.equal(packages.includes('fastify'), pid !== s.pid)
      assert.ok(packages.includes('kysely'), 'it brings the schema up to date')
    }
  })
})
