/** Test mode's part of the composition: compose.ts loads it where `TEST_MODE` is on, and nothing else does. */
import { createTestMode, type TestMode, type TestModeDeps } from './features/test-mode/test-mode.ts'
import { runJobs, type TimedDeps } from './jobs/schedule.ts'

export { createMovableClock } from './platform/movable-clock.ts'

export function composeTestMode(deps: Omit<TestModeDeps, 'catchUp'> & TimedDeps): TestMode {
  return createTestMode({
    ...deps,
    async catchUp() {
      await deps.sessions.follow(AbortSignal.abort()) // reads once and goes no further
      await runJobs(deps)
    },
  })
}
