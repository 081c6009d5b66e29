/** The recipes in deploy/ when the auth service changes its mind, hesitates, or is gone: no proxy lets anybody in by itself. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { runCommand } from '../command-line.ts'
import { eventually } from '../eventually.ts'
import { join as joinIn } from '../scenario.ts'
import { askAs, expectIdentity, expectNoAccess, expectNobody, type Place, startPlaces } from './places.ts'
import { ask, bearer } from './talk.ts'

const LONGEST_MS = 6_000 // the recipes wait for 3 s; the machine may be busy

test('reverse proxies with their recipes', async (t) => {
  const places = await startPlaces(t)
  const [first] = places
  if (!first) return // said by startPlaces
  const { auth } = first

  await t.test('refuse a user within a second after an operator disabled it', async (t) => {
    const bob = await joinIn(auth, 'bob')
    for (const place of places) expectIdentity(await askAs(place, bob), bob)
    const environment = { DATA_DIR: join(auth.cwd, 'data') }
    const { code, output } = await runCommand(t, environment, ['users', 'disable', bob.email])
    assert.equal(code, 0, output)
    const isRefused = async () => {
      const answers = await Promise.all(places.map((place) => askAs(place, bob)))
      return answers.every(({ status }) => status === 401)
    }
    await eventually('all of them refuse', isRefused, 1)
  })

  await t.test('let nobody through while the auth service cannot decide', async () => {
    const database = new DatabaseSync(join(auth.cwd, 'data/samurai-auth.db'), { timeout: 5_000 })
    database.exec('alter table "user" rename to away')
    await expectOutage(places)
    database.exec('alter table away rename to "user"')
    database.close()
    await expectWell(places)
  })

  await t.test('let nobody through while it does not answer, and say so soon', async () => {
    const startedAt = performance.now()
    process.kill(auth.pid, 'SIGSTOP')
    await expectOutage(places).finally(() => process.kill(auth.pid, 'SIGCONT'))
    assert.ok(performance.now() - startedAt < LONGEST_MS)
    await expectWell(places)
  })

  await t.test('let nobody through once it is gone, but for what is public', async () => {
    await auth.stop()
    await expectOutage(places)
    for (const { relay } of places) relay.close()
    await expectOutage(places)
    for (const { port } of places) expectNobody(await ask(port, { target: '/public/x' }))
  })
})

/** A good token is answered 5xx, not 401: its holder need not sign in again. */
async function expectOutage(places: readonly Place[]): Promise<void> {
  const outages = places.map(async (place) => {
    const { status } = await expectNoAccess(place, { target: '/private', headers: [bearer(place.ann.access)] })
    assert.ok(status >= 500, `${place.name}: ${status}`)
  })
  await Promise.all(outages)
}

async function expectWell(places: readonly Place[]): Promise<void> {
  for (const place of places) expectIdentity(await askAs(place, place.ann), place.ann)
}
