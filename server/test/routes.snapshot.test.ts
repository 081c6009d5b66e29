/**
 * Every route of the service: a new or a changed one is a diff that somebody reviews. To write the snapshot anew:
 * `node --test --test-update-snapshots server/test/routes.snapshot.test.ts`.
 */
import { test } from 'node:test'
import { type Route, watchRoutes } from './routes.ts'
import { startServer } from './start-server.ts'

test('the routes of the service', async (t) => {
  const { routes } = await watchRoutes(() => startServer(t))
  t.assert.snapshot(routes.flatMap(rowsOf).sort(), { serializers: [(sorted: readonly string[]) => sorted.join('\n')] })
})

/** Quiet: its successes are no line in the log. In brackets: the permission that it asks for, and how often it may be asked (http/limits.ts). */
function rowsOf({ url, method, config }: Route): string[] {
  const needs = [config?.permission, config?.limit].filter(Boolean).join(', ')
  return [method].flat().map((one) => `${url} ${one} [${needs}]${config?.isQuiet ? ' (quiet)' : ''}`)
}
