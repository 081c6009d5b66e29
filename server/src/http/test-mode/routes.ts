/** `/test/*`, with `TEST_MODE=1` only: the clock, the mails and the users of tests. */
import type { FastifyInstance } from 'fastify'
import type { TestMode } from '../../features/test-mode/test-mode.ts'
import { refused } from '../../platform/refusal.ts'
import { isOfThisMachine } from '../this-machine.ts'
import { registerClock } from './clock.ts'
import { registerMail } from './mail.ts'
import { registerReset } from './reset.ts'
import { registerSeed } from './users.ts'

export type TestModeDoor = {
  testMode: TestMode
  /** Whether others than this machine are answered. */
  isAnywhere: boolean
  onDrain: (listener: () => void) => void
}

export function registerTestMode(app: FastifyInstance, deps: TestModeDoor): void {
  app.addHook('onRequest', async (request) => {
    if (!deps.isAnywhere && !isOfThisMachine(request)) throw refused('not-found')
  })
  registerClock(app, deps.testMode)
  registerMail(app, deps)
  registerSeed(app, deps.testMode)
  registerReset(app, deps.testMode)
}
