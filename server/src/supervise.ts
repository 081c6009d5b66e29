/** The primary process of several: starts the workers, replaces one that died, ends them all. */
import cluster, { type Worker } from 'node:cluster'
import { flushCompileCache } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from './config.ts'
import type { Logger } from './platform/logger.ts'
import { relaySiblings } from './platform/siblings.ts'

const RESTART_AFTER_MS = 1_000 // a worker that cannot start must not spin
const STOP_ACCEPTING_MS = 1_000
const KILL_AFTER_MS = 5_000 // beyond the time that a drain may take

export function supervise(config: Config, logger: Logger): void {
  let isEnding = false
  let hasServed = false
  relaySiblings()
  cluster.on('listening', () => {
    hasServed = true
  })
  // Node answers a worker that asked for a port, even when that worker has ended meanwhile (EPIPE).
  cluster.on('fork', (worker) => {
    worker.on('error', (error) => {
      if (!isEnding)
        logger.warn({ worker: worker.process.pid, err: error }, 'a worker process could not be told something')
    })
  })
  flushCompileCache() // what this process compiled on a first start, the workers need not
  for (let started = 0; started < config.workers; started++) cluster.fork()

  cluster.on('exit', (worker, code, signal) => {
    if (isEnding) return
    if (!hasServed) process.exit(1) // it has told why: what keeps the first from starting keeps them all
    logger.error({ worker: worker.process.pid, code, signal }, 'a worker process died and is replaced')
    setTimeout(() => !isEnding && cluster.fork(), RESTART_AFTER_MS)
  })

  const end = (why: string) => {
    if (isEnding) return
    isEnding = true
    logger.info({ why }, 'ending all processes')
    void endAll(config, logger)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

async function endAll(config: Config, logger: Logger): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker): worker is Worker => worker?.isDead() === false)
  const gone = workers.map((worker) => new Promise<unknown>((resolve) => worker.once('exit', resolve)))
  const patience = setTimeout(
    () => {
      logger.error({}, 'worker processes did not end in time and are killed')
      for (const worker of workers) worker.process.kill('SIGKILL')
    },
    config.drainSeconds * 1000 + KILL_AFTER_MS,
  )
  // In two steps: whoever is told by one process to connect anew must not meet another one that is about to close.
  await Promise.race([Promise.all(workers.map(stopAccepting)), wait(STOP_ACCEPTING_MS)])
  for (const worker of workers) tell(worker, 'drain')
  await Promise.all(gone)
  clearTimeout(patience)
  process.exit(0)
}

/** Resolves when the worker process takes no connections any more. */
function stopAccepting(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.on('message', (message) => message === 'stopped accepting' && resolve())
    worker.once('exit', () => resolve())
    tell(worker, 'stop accepting')
  })
}

function tell(worker: Worker, order: string): void {
  if (worker.isConnected()) worker.send(order, () => {}) // one that is gone by now needs no telling
}
