/** Every route that declares a limit has it: the table of routes is walked, so a new one is in here by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchRoutes } from '../routes.ts'
import { PASSWORD } from '../scenario.ts'
import type { Answer, Client } from '../start-server.ts'
import { startBehindProxy } from './attempts.ts'

const HOME = { 'x-forwarded-for': '198.51.100.1' }

/** How a route with this limit is asked in earnest, and how often that goes well. */
const asked: Record<string, { times: number; ask: (s: Client, path: string) => Promise<Answer> }> = {
  'sign-in': { times: 10, ask: (s, path) => s.post(path, { email: 'ann@example.com', password: 'wrong' }, HOME) },
  'sign-up': { times: 20, ask: (s, path) => s.post(path, { email: 'ann@example.com', password: PASSWORD }, HOME) },
  challenge: { times: 100, ask: (s, path) => s.get(`${path}?purpose=sign-in`, HOME) },
}
const withoutAny = ['token', 'signed-in', 'memory', 'probe']

test('every route that declares a limit has it, in one bucket with the others that declare it', async (t) => {
  const { routes, started: s } = await watchRoutes(() =>
    startBehindProxy(t, 'sqlite', { CHALLENGE: 'off', LIMITS_GLOBAL_PER_MINUTE: '6000' }),
  )
  const declared = Object.groupBy(routes, ({ config }) => config?.limit ?? 'none')
  assert.deepEqual(Object.keys(declared).sort(), [...Object.keys(asked), ...withoutAny].sort())
  for (const [limit, { times, ask }] of Object.entries(asked)) {
    const paths = [...new Set(declared[limit]?.map(({ url }) => url))]
    for (let turn = 0; turn < times; turn++) {
      const { status } = await ask(s, paths[turn % paths.length] ?? '')
      assert.notEqual(status, 429, `${limit}, ${turn + 1}`)
    }
    for (const path of paths) {
      const answer = await ask(s, path)
      assert.equal(answer.status, 429, path)
      assert.ok(Number(answer.headers['retry-after']) > 0)
    }
  }
})
