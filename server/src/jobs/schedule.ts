/**
 * Timers, in every process: each job may run in several of them at once without harm. A failure is logged and tried again
 * next time.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Keys } from '../features/keys/keys.ts'
import type { Logger } from '../platform/logger.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import { type Purged, purgeExpired } from './purge-expired.ts'
import { type Relayed, relayEvents } from './relay-events.ts'
import { rotateKeys } from './rotate-keys.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

export type JobDeps = Purged & Relayed & { keys: Keys }

/** `everyMs` on average. `run` answers how much it did. */
type Job = { name: string; everyMs: number; run: (deps: JobDeps) => Promise<number> }

const jobs: readonly Job[] = [
  { name: 'purge-expired', everyMs: HOUR_MS, run: purgeExpired },
  { name: 'rotate-keys', everyMs: MINUTE_MS, run: rotateKeys },
]

/** Starts all timers; they end with `signal` and keep no process alive. @returns when events are let go of */
export async function startJobs(deps: JobDeps, logger: Logger, signal: AbortSignal): Promise<void> {
  for (const job of jobs) void repeat(job, deps, logger, signal)
  await Promise.all([relayEvents(deps, signal), deliverWebhooks(deps, signal)])
}

async function repeat(job: Job, deps: JobDeps, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pauseMs = job.everyMs * (0.5 + Math.random()) // processes that started together do not all run it at once
    await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {}) // an abort ends the loop
    if (signal.aborted) return
    await job.run(deps).then(
      (done) => (done > 0 ? logger.info : logger.debug).call(logger, { job: job.name, done }, 'job done'),
      (error: unknown) => logger.error({ job: job.name, err: error }, 'job failed'),
    )
  }
}
