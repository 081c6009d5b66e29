/** One process that serves: alone, or as one of several. */
import cluster from 'node:cluster'
import { flushCompileCache } from 'node:module'
import { availableParallelism } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { compose } from './compose.ts'
import type { Config } from './config.ts'
import { coresOfProcess } from './cores-of-process.ts'
import type { App } from './http/app.ts'
import { startJobs } from './jobs/schedule.ts'
import type { Logger } from './platform/logger.ts'
import { lowerPoolThreads } from './platform/pool-threads.ts'
import { clusterSiblings, noSiblings } from './platform/siblings.ts'

const CLOSE_MS = 2_000 // everybody has been answered: a database that hangs keeps nobody here

/** Listens until the process is told to end; then answers what is running and exits. */
export async function serve(config: Config, logger: Logger): Promise<void> {
  let app: App | undefined
  // Listened for from the beginning, since nobody says it twice; while nobody has been let in yet, it is the end.
  const told = untilToldToEnd(() => app ?? process.exit(0))
  const siblings = cluster.isWorker ? clusterSiblings() : noSiblings
  const cores = coresOfProcess(availableParallelism(), config.workers)
  const service = await compose(config, { siblings, cores, logger })
  const stopping = new AbortController()
  await service.follow(stopping.signal)
  const created = await service.createApp()
  await lowerPoolThreads()
  const port = await created.listen()
  app = created
  flushCompileCache() // so that the next start loads no compiler, whatever becomes of this process
  const relayed = startJobs(service, logger, stopping.signal)
  logger.info({ port, database: config.database.kind, publicUrl: config.publicUrl }, 'listening')

  logger.info({ why: await told }, 'draining')
  await created.drain()
  stopping.abort()
  await Promise.race([relayed.then(() => service.close()), wait(CLOSE_MS)]).catch((error: unknown) => {
    logger.warn({ err: error }, 'the connections to the database could not be closed')
  })
  logger.info({}, 'ended')
  process.exit(0)
}

/** @returns why */
function untilToldToEnd(served: () => App): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const end = (why: string) => {
    if (served()) resolve(why)
  }
  const { worker } = cluster
  if (!worker) {
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    return promise
  }
  // A terminal's Ctrl-C and a service manager's SIGTERM reach every process: the primary's word counts, which comes in
  // two steps (supervise.ts).
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
  process.on('message', (message) => {
    if (message === 'drain') end('drain')
    if (message !== 'stop accepting') return
    served().stopAccepting()
    worker.send('stopped accepting', () => {})
  })
  worker.exitedAfterDisconnect = true // or Node ends us at once when the primary process is gone
  process.on('disconnect', () => end('the primary process is gone'))
  return promise
}
