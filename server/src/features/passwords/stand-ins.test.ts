import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../platform/db.ts'
import { migrate } from '../../platform/migrate.ts'
import { createSealer } from '../../platform/secrets.ts'
import { ownScheme } from './scheme.ts'
import { createStandIns, drawScheme, sharesOf } from './stand-ins.ts'
import { insertHash } from './store.ts'

const PBKDF2 = 'pbkdf2_sha256$600000'
const OWN = 'argon2id$v=19$m=19456,t=2,p=1'

const counts = (django: number, own: number) => [
  { scheme: OWN, users: own },
  { scheme: 'unusable', users: 1000 },
  { scheme: PBKDF2, users: django },
  { scheme: 'unknown', users: 1000 },
]

describe('the schemes of stand-ins', () => {
  it('are those that can be checked, Django’s first', () => {
    const names = sharesOf(counts(1, 1)).map(({ scheme }) => scheme.name)
    assert.deepEqual(names, [PBKDF2, OWN])
  })

  const draws: readonly [django: number, own: number, lot: number, name: string | undefined][] = [
    [3, 1, 0, PBKDF2],
    [3, 1, 0.7499, PBKDF2],
    [3, 1, 0.75, OWN],
    [3, 1, 1 - 2 ** -48, OWN],
    [0, 7, 0, OWN],
    [7, 0, 1 - 2 ** -48, PBKDF2],
  ]
  for (const [django, own, lot, name] of draws) {
    it(`are drawn by share: ${lot} of ${django} to ${own}`, () => {
      assert.equal(drawScheme(sharesOf(counts(django, own)), lot)?.name, name)
    })
  }

  it('are none where nobody has a password', () => {
    assert.equal(drawScheme(sharesOf([]), 0.5), undefined)
  })

  it('change once for a lot, from Django’s to ours, while users log in', () => {
    for (const lot of [0.1, 0.35, 0.8]) {
      const drawn = Array.from({ length: 11 }, (_, loggedIn) =>
        drawScheme(sharesOf(counts(10 - loggedIn, loggedIn)), lot),
      )
      const changes = drawn.filter((scheme, i) => i > 0 && scheme?.name !== drawn[i - 1]?.name)
      assert.deepEqual(
        changes.map((scheme) => scheme?.name),
        [OWN],
        `${lot}`,
      )
    }
  })
})

describe('a stand-in', () => {
  const everybody = Array.from({ length: 1000 }, (_, i) => `user-${i}@example.com`)

  it('has our scheme while there are no passwords', async (t) => {
    const { namesOf } = await start(t, {})
    assert.deepEqual(new Set(await namesOf(everybody)), new Set([OWN]))
  })

  it('has each scheme as often as the users have, and always the same for one identifier', async (t) => {
    const { namesOf, withSecret } = await start(t, { [PBKDF2]: 30, [OWN]: 10, unusable: 100 })
    const names = await namesOf(everybody)
    const share = names.filter((name) => name === PBKDF2).length / everybody.length
    assert.ok(share > 0.7 && share < 0.8, `${share}`)
    assert.deepEqual(await namesOf(everybody), names)
    assert.deepEqual(await withSecret('a secret').namesOf(everybody), names)
    assert.notDeepEqual(await withSecret('another secret').namesOf(everybody), names)
  })

  it('follows the table, looked at when a minute has passed', async (t) => {
    const { namesOf, clock, addUsers, settled } = await start(t, { [OWN]: 1 })
    const ofEverybody = async () => [...new Set(await namesOf(everybody))].sort()
    assert.deepEqual(await ofEverybody(), [OWN])
    await addUsers({ [PBKDF2]: 1 })
    clock.time += 59_999
    await namesOf(everybody.slice(0, 1))
    await settled()
    assert.deepEqual(await ofEverybody(), [OWN])
    clock.time += 1
    await namesOf(everybody.slice(0, 1))
    await settled()
    assert.deepEqual(await ofEverybody(), [OWN, PBKDF2])
  })

  it('goes on with what is known while the table cannot be read, and looks again at once', async (t) => {
    const { db, namesOf, clock, addUsers, settled } = await start(t, { [OWN]: 1 })
    await namesOf(everybody.slice(0, 1))
    await addUsers({ [PBKDF2]: 1 })
    clock.time += 60_000
    await db.schema.alterTable('password').renameTo('away').execute()
    assert.deepEqual(await namesOf(everybody.slice(0, 1)), [OWN])
    await settled()
    await db.schema.alterTable('away').renameTo('password').execute()
    await namesOf(everybody.slice(0, 1))
    await settled()
    assert.deepEqual([...new Set(await namesOf(everybody))].sort(), [OWN, PBKDF2])
  })

  it('cannot be had before the table was read once', async (t) => {
    const { db, namesOf } = await start(t, { [OWN]: 1 })
    await db.schema.alterTable('password').renameTo('away').execute()
    await assert.rejects(namesOf(everybody.slice(0, 1)), /no such table/)
    await db.schema.alterTable('away').renameTo('password').execute()
    assert.deepEqual(await namesOf(everybody.slice(0, 1)), [OWN])
  })
})

/** Stand-ins over a SQLite database with so many users of each scheme. */
async function start(t: TestContext, users: Record<string, number>) {
  const folder = await mkdtemp(join(tmpdir(), 'stand-ins-'))
  const { db, close } = openDatabase({ kind: 'sqlite', file: join(folder, 'test.db') }, 1)
  t.after(async () => {
    await close()
    await rm(folder, { recursive: true })
  })
  await migrate(db)
  const clock = { time: 0, now: () => clock.time }
  const fallback = ownScheme({ memoryKib: 19456, passes: 2, parallelism: 1 })
  let nextUser = 1

  async function addUsers(more: Record<string, number>): Promise<void> {
    for (const [scheme, count] of Object.entries(more)) {
      for (let i = 0; i < count; i++) await insertHash(db, nextUser++, { hash: scheme, scheme }, 0)
    }
  }

  function withSecret(secret: string) {
    const standIns = createStandIns({ db, clock, sealer: createSealer(secret.padEnd(32, '.')), fallback })
    const namesOf = (identifiers: string[]) =>
      Promise.all(identifiers.map(async (identifier) => (await standIns.find(identifier)).scheme.name))
    return { namesOf }
  }

  // One connection: this query comes after those that were begun before it.
  async function settled(): Promise<void> {
    await sql`select 1`.execute(db)
    await turn()
  }

  await addUsers(users)
  return { db, clock, addUsers, settled, withSecret, ...withSecret('a secret') }
}
