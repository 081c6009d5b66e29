/** Start: configuration → schema → processes that serve. Ends on SIGTERM when the last request has been answered. */
import cluster from 'node:cluster'
import { type Config, ConfigError, loadConfig, readEnvironment } from './config.ts'
import { createLogger, type Logger } from './platform/logger.ts'
import { prepare } from './prepare.ts'

async function start(): Promise<void> {
  const config = loadConfig(readEnvironment())
  const logger = createLogger(config.logLevel)
  if (cluster.isWorker) return await serveHere(config, logger)
  for (const warning of config.warnings) logger.warn({}, warning)
  if (config.testMode) process.stderr.write('TEST MODE IS ON: never where people are\n') // whatever LOG_LEVEL says
  await prepare(config, logger)
  for (const note of config.notes) logger.info({}, note)
  if (config.workers === 1) return await serveHere(config, logger)
  const { supervise } = await import('./supervise.ts')
  supervise(config, logger)
}

// Loaded by the processes that serve only: the primary of several does without the features, and with a third less memory.
async function serveHere(config: Config, logger: Logger): Promise<void> {
  const { serve } = await import('./serve.ts')
  await serve(config, logger)
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is not usable:\n${error.message}`
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `The service could not start: ${error.message}${cause}`
}

start().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
})
