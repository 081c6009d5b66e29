import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { Limits } from '../features/limits/limits.ts'
import type { DeviceCookie } from './device-cookie.ts'
import { limitUnlessDeclared, registerLimits } from './limits.ts'

test('with a route that does not say how often it may be asked nothing starts', async () => {
  const app = appWithLimits()
  app.get('/said', { config: { limit: 'memory' } }, async () => '')
  app.get('/unsaid', async () => '')
  await assert.rejects(async () => app.ready(), /^TypeError: how often may it be asked\? GET \/unsaid, HEAD \/unsaid$/)
})

test('a folder may say it for its routes, and a route for itself', async () => {
  const app = appWithLimits()
  const limits: unknown[] = []
  app.register(async (scope) => {
    limitUnlessDeclared(scope, 'signed-in')
    scope.addHook('onRoute', ({ config }) => void limits.push(config?.limit))
    scope.post('/by-folder', async () => '')
    scope.post('/by-itself', { config: { limit: 'memory' } }, async () => '')
  })
  await app.ready()
  assert.deepEqual(limits, ['signed-in', 'memory'])
})

/** Limits that nobody asks for anything here. */
function appWithLimits() {
  const app = Fastify()
  registerLimits(app, { limits: {} as Limits, deviceCookie: {} as DeviceCookie })
  return app
}
