/**
 * Every route of the service: a new or a changed one is a diff that somebody reviews. To write the snapshot anew:
 * `node --test --test-update-snapshots server/test/routes.snapshot.test.ts`.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { startServer } from './start-server.ts'

type Route = { url: string; method: string | string[]; config?: { isQuiet?: boolean; limit?: string } }
type Initialization = { fastify: { addHook(name: 'onRoute', hook: (route: Route) => void): void } }

test('the routes of the service', async (t) => {
  const rows: string[] = []
  const watch = (message: unknown) => {
    const { fastify } = message as Initialization // Fastify has no list of its routes afterwards
    fastify.addHook('onRoute', (route) => rows.push(...rowsOf(route)))
  }
  subscribe('fastify.initialization', watch)
  await startServer(t).finally(() => unsubscribe('fastify.initialization', watch))
  t.assert.snapshot(rows.sort(), { serializers: [(sorted: readonly string[]) => sorted.join('\n')] })
})

/** Quiet: its successes are no line in the log. In brackets: how often it may be asked (http/limits.ts). */
function rowsOf({ url, method, config }: Route): string[] {
  return [method].flat().map((one) => `${url} ${one} [${config?.limit}]${config?.isQuiet ? ' (quiet)' : ''}`)
}
