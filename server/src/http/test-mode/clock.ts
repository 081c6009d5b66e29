import type { FastifyInstance } from 'fastify'
import type { TestMode } from '../../features/test-mode/test-mode.ts'
import { jsonBody, wholeNumber } from '../json-body.ts'
import * as reference from './reference.ts'

const MOST_SECONDS = 10 * 366 * 86_400 // ten years: nothing here lives longer

const move = jsonBody(
  'ClockMove',
  {
    advance_seconds: wholeNumber({ most: MOST_SECONDS, description: 'How far forward. A clock never goes back.' }),
  },
  { advance_seconds: 3600 },
)

export function registerClock(app: FastifyInstance, testMode: TestMode): void {
  app.get('/test/clock', { config: { limit: 'test-mode', reference: reference.readClock } }, async () =>
    toBody(testMode),
  )
  const config = { limit: 'test-mode', reference: reference.moveClock(move.reference) } as const
  app.post('/test/clock', { config }, async (request) => {
    await testMode.advance(move.read(request).advance_seconds * 1000)
    return toBody(testMode)
  })
}

function toBody({ clock }: TestMode) {
  return { now: new Date(clock.now()).toISOString(), ahead_seconds: clock.aheadBy() / 1000 }
}
