/** A user with thousands of sessions: they end together, and whoever follows the feed misses none. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { StatementSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { databases } from '../databases.ts'
import { claimsOf, isGood, join, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { bearer } from './factors.ts'

const SESSIONS = 2_000
const ROWS_AT_ONCE = 250

for (const { kind, name } of databases()) {
  test(`${SESSIONS} sessions of one user end with a password change, in few statements, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const other = await startServer(t, { kind, url: s.url, clock: s.clock })
    const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
    const asking = await signIn(s, ann.email)
    await copySession(s, claimsOf(ann.access).sid, SESSIONS - 1)
    const open = await idsOf(s, ann.id)
    assert.equal(open.length, SESSIONS + 1)

    const written = kind === 'sqlite' ? recordWrites(t) : undefined
    const change = { old_password: ann.password, password: 'three red apples' }
    const changed = await s.post('/api/account/password', change, bearer(asking))
    assert.equal(changed.status, 204, changed.text)
    if (written) {
      assert.ok(written.length < 40, `${written.length} statements`)
      const last = written.at(-2) ?? ''
      assert.match(last, /^insert into "revocation"/, 'its ids are no older than one statement when they appear')
      assert.equal(written.at(-1), 'commit')
    }

    const expected = open.filter((id) => id !== claimsOf(asking.access).sid).sort()
    assert.deepEqual((await sidsOf(s)).sort(), expected)
    await other.clock.advance(0)
    assert.deepEqual((await sidsOf(other)).sort(), expected)
    for (const server of [s, other]) {
      assert.equal(await isGood(server, ann.access), false)
      for (const { access } of [asking, bob]) assert.ok(await isGood(server, access))
    }
    const told = s.db.selectFrom('event').select('session_id').where('type', '=', 'session.ended')
    const events = await told.where('reason', '=', 'password-changed').where('user_id', '=', ann.id).execute()
    assert.deepEqual(events.map(({ session_id }) => session_id).sort(), expected)
  })
}

/** Sessions that differ from this one by nothing but their ids. */
async function copySession({ db }: TestServer, id: string, count: number): Promise<void> {
  const row = await db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  for (let done = 0; done < count; done += ROWS_AT_ONCE) {
    const length = Math.min(ROWS_AT_ONCE, count - done)
    const rows = Array.from({ length }, () => ({ ...row, id: randomBytes(16).toString('hex') }))
    await db.insertInto('session').values(rows).execute()
  }
}

async function idsOf({ db }: TestServer, userId: number): Promise<string[]> {
  const rows = await db.selectFrom('session').select('id').where('user_id', '=', userId).execute()
  return rows.map(({ id }) => id)
}

async function sidsOf(s: TestServer): Promise<string[]> {
  const { revocations } = claimsOf((await s.get('/api/revocations')).text) as unknown as {
    revocations: { sid: string }[]
  }
  return revocations.map(({ sid }) => sid)
}

/** The statements that SQLite runs from now on, but those that only read. */
function recordWrites(t: TestContext): string[] {
  const texts: string[] = []
  const { run } = StatementSync.prototype
  const recorded = function (this: StatementSync, ...values: unknown[]) {
    texts.push(this.sourceSQL)
    return Reflect.apply(run, this, values)
  }
  StatementSync.prototype.run = recorded as typeof run
  t.after(() => {
    StatementSync.prototype.run = run
  })
  return texts
}
