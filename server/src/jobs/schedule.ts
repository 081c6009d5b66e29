/**
 * Timers, in every process: each job may run in several of them at once without harm. A failure is logged and tried again, after
 * longer and longer pauses while it lasts.
 */
import type { Keys } from '../features/keys/keys.ts'
import type { Logger } from '../platform/logger.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import { type Purged, purgeExpired } from './purge-expired.ts'
import { relayEvents } from './relay-events.ts'
import { type Retained, retainEvents } from './retain-events.ts'
import { rotateKeys } from './rotate-keys.ts'
import { sendMail } from './send-mail.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000
const LONGEST_RETRY_MS = 30_000

/** What jobs need that run by a timer. */
export type TimedDeps = Purged & Retained & { keys: Keys }

/** `everyMs` on average, and at once when `listen` is told to wake it. `run` answers how much it did. */
type Job = {
  name: string
  everyMs: number
  run: (deps: TimedDeps) => Promise<number>
  listen?: (deps: TimedDeps, wake: () => void) => void
}

const jobs: readonly Job[] = [
  { name: 'purge-expired', everyMs: HOUR_MS, run: purgeExpired },
  { name: 'retain-events', everyMs: MINUTE_MS, run: retainEvents },
  { name: 'rotate-keys', everyMs: MINUTE_MS, run: rotateKeys },
  { name: 'send-mail', everyMs: SECOND_MS, run: sendMail, listen: ({ email }, wake) => email.onWritten(wake) },
]

/** Starts all timers; they end with `signal` and keep no process alive. @returns when events are let go of */
export async function startJobs(deps: TimedDeps, logger: Logger, signal: AbortSignal): Promise<void> {
  for (const job of jobs) void repeat(job, deps, logger, signal)
  await Promise.all([relayEvents(deps, signal), deliverWebhooks(deps, signal)])
}

/** Runs each job of a timer once, now: after a clock was moved. */
export async function runJobs(deps: TimedDeps): Promise<void> {
  for (const { run } of jobs) await run(deps)
}

async function repeat(job: Job, deps: TimedDeps, logger: Logger, signal: AbortSignal): Promise<void> {
  const alarm = createAlarm()
  job.listen?.(deps, alarm.ring)
  for (let failures = 0; ; ) {
    const pauseMs = job.everyMs * (0.5 + Math.random()) // processes that started together do not all run it at once
    const retryMs = Math.max(pauseMs, Math.min(pauseMs * 2 ** failures, LONGEST_RETRY_MS))
    await alarm.wait(retryMs, signal)
    if (signal.aborted) return
    await job.run(deps).then(
      (done) => {
        failures = 0
        const tell = done > 0 ? logger.info : logger.debug
        tell.call(logger, { job: job.name, done }, 'job done')
      },
      (error: unknown) => {
        failures++
        logger.error({ job: job.name, err: error }, 'job failed')
      },
    )
  }
}

/** A pause that can be ended early, also by what happened just before it began. */
function createAlarm() {
  let isRung = false
  let end = () => {}
  return {
    ring() {
      isRung = true
      end()
    },
    async wait(ms: number, signal: AbortSignal) {
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      end = resolve
      const timer = setTimeout(resolve, isRung ? 0 : ms).unref()
      signal.addEventListener('abort', end) // not AbortSignal.any: that leaves something behind each second
      await promise
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      isRung = false
    },
  }
}
