/** What every store promises, on every database: the three answer alike. Nothing else tests SQL by itself. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as keys from '../src/features/keys/store.ts'
import * as passwords from '../src/features/passwords/store.ts'
import * as sessions from '../src/features/sessions/store.ts'
import * as users from '../src/features/users/store.ts'
import { UniqueViolation } from '../src/platform/database-errors.ts'
import { parseDatabaseUrl } from '../src/platform/database-url.ts'
import { type Database, type Db, openDatabase } from '../src/platform/db.ts'
import { migrate } from '../src/platform/migrate.ts'
import { type DatabaseKind, databases, freshDatabase } from './databases.ts'

const NOW = Date.UTC(2026, 10, 23, 12) // far beyond 32 bits
const TEXT = 'Ünï 日本 😀 👩‍👩‍👧‍👦 e\u0301 \' " ` \\ % _ $1 ? :x -- \u0001\u2028\uffff\u{10ffff}'

for (const { kind, name } of databases()) {
  test(`users on ${name}`, async (t) => {
    const { db, transaction } = await open(t, kind)
    const add = (email: string) => users.insertUser(db, { email, firstName: '', lastName: '' }, NOW)

    await t.test('are found by id and by the key of their address, as they were inserted', async () => {
      const user = await users.insertUser(db, { email: 'Ann@EXÄMPLE.com', firstName: TEXT, lastName: TEXT }, NOW)
      const { id } = user
      assert.deepEqual(user, {
        id,
        email: 'Ann@EXÄMPLE.com',
        firstName: TEXT,
        lastName: TEXT,
        isEnabled: true,
        createdAt: NOW,
        lastLoginAt: null,
        sessionsEndedAt: null,
      })
      assert.deepEqual(await users.findUser(db, 'id', id), user)
      assert.deepEqual(await users.findUser(db, 'email_key', 'ann@exämple.com'), user)
      for (const other of ['Ann@EXÄMPLE.com', 'ann@example.com', 'ann@exämple', '%', TEXT]) {
        assert.equal(await users.findUser(db, 'email_key', other), undefined)
      }
      assert.equal(await users.findUser(db, 'id', id + 1000), undefined)
    })

    await t.test('have addresses of their own, whatever the case', async () => {
      await add('one@example.com')
      for (const email of ['one@example.com', 'ONE@Example.com']) await assert.rejects(add(email), UniqueViolation)
      assert.notEqual((await add('öne@example.com')).id, (await add('oné@example.com')).id)
    })

    await t.test('leave nothing behind when their transaction fails', async () => {
      const failure = new Error('later')
      const work = transaction(async (tx) => {
        await users.insertUser(tx, { email: 'half@example.com', firstName: '', lastName: '' }, NOW)
        throw failure
      })
      await assert.rejects(work, failure)
      assert.equal(await users.findUser(db, 'email_key', 'half@example.com'), undefined)
    })

    await t.test('are changed while they are enabled only, and each change says whether it was made', async () => {
      const { id } = await add('state@example.com')
      const login = () => users.updateEnabled(db, id, { last_login_at: NOW })
      assert.deepEqual([await login(), await login()], [true, true]) // the second one changes nothing, and holds the row
      assert.equal((await users.findUser(db, 'id', id))?.lastLoginAt, NOW)
      assert.equal(await users.updateEnabled(db, id, { disabled_at: NOW }), true)
      assert.equal((await users.findUser(db, 'id', id))?.isEnabled, false)
      assert.deepEqual([await login(), await users.updateEnabled(db, 4_242_424, { disabled_at: NOW })], [false, false])
      assert.deepEqual([await users.enableUser(db, id), await users.enableUser(db, id)], [true, false])
      assert.deepEqual([await users.deleteUser(db, id), await users.deleteUser(db, id)], [true, false])
      assert.equal(await users.findUser(db, 'id', id), undefined)
    })

    await t.test('are listed by ids or addresses, also within a transaction', async () => {
      const [a, b] = [await add('list-a@example.com'), await add('list-b@example.com')]
      const sorted = (list: { id: number }[]) => list.map(({ id }) => id).sort((x, y) => x - y)
      assert.deepEqual(sorted(await users.listUsers(db, 'id', [b.id, a.id, 4_242_424])), [a.id, b.id])
      const held = await transaction((tx) => users.listUsers(tx, 'email_key', [a.email, b.email, 'nobody@example.com']))
      assert.deepEqual(sorted(held), [a.id, b.id])
      assert.deepEqual(await users.listUsers(db, 'id', []), [])
    })

    await t.test('are imported with their ids, all or none', async () => {
      const imported = (id: number, email: string, isEnabled = true) => ({
        id,
        email,
        isEnabled,
        firstName: TEXT,
        lastName: '',
        lastLoginAt: 7,
      })
      await users.insertUsers(db, [imported(5001, 'I1@example.com'), imported(5002, 'i2@example.com', false)], NOW)
      const first = await users.findUser(db, 'email_key', 'i1@example.com')
      assert.deepEqual(first, {
        id: 5001,
        email: 'I1@example.com',
        firstName: TEXT,
        lastName: '',
        isEnabled: true,
        createdAt: NOW,
        lastLoginAt: 7,
        sessionsEndedAt: null,
      })
      assert.equal((await users.findUser(db, 'id', 5002))?.sessionsEndedAt, NOW)
      assert.equal((await users.findUser(db, 'id', 5002))?.isEnabled, false)
      for (const taken of [imported(5001, 'new@example.com'), imported(5003, 'i1@EXAMPLE.com')]) {
        await assert.rejects(users.insertUsers(db, [imported(5004, 'i4@example.com'), taken], NOW), UniqueViolation)
      }
      assert.equal(await users.findUser(db, 'id', 5004), undefined)
    })

    await t.test('are held while they are enabled and their sessions were not all ended since', async () => {
      const { id } = await add('held@example.com')
      assert.equal(await users.holdEnabled(db, id, NOW), true)
      await users.updateEnabled(db, id, { sessions_ended_at: NOW })
      assert.deepEqual([await users.holdEnabled(db, id, NOW - 1), await users.holdEnabled(db, id, NOW)], [false, true])
      await users.updateEnabled(db, id, { disabled_at: NOW })
      assert.equal(await users.holdEnabled(db, id, NOW), false)
    })

    await t.test('keep what a change does not name', async () => {
      const before = await add('change@example.com')
      await users.updateUser(db, before.id, { email: 'Change@example.com', firstName: TEXT })
      assert.deepEqual(await users.findUser(db, 'id', before.id), {
        ...before,
        email: 'Change@example.com',
        firstName: TEXT,
      })
      await users.updateUser(db, before.id, { lastLoginAt: NOW, lastName: 'x' })
      assert.equal((await users.findUser(db, 'id', before.id))?.lastLoginAt, NOW)
    })

    await t.test('are given no id up to a reserved one, nor one that was given before', async () => {
      await transaction((tx) => users.reserveIds(tx, 90_000))
      const next = await add('reserved@example.com')
      assert.ok(next.id > 90_000)
      await transaction((tx) => users.reserveIds(tx, 10))
      await users.deleteUser(db, next.id)
      assert.ok((await add('later@example.com')).id > next.id)
    })
  })

  test(`passwords on ${name}`, async (t) => {
    const { db } = await open(t, kind)
    const own = (text: string) => ({ hash: `$argon2id$v=19$${text}`, scheme: 'argon2id' })
    const row = (user_id: number, hash: string, changed_at = NOW) => ({
      user_id,
      hash,
      scheme: `as ${hash}`,
      changed_at,
    })

    await t.test('are one a user', async () => {
      assert.equal(await passwords.findHash(db, 1), undefined)
      await passwords.insertHash(db, 1, own('a'), NOW)
      assert.equal(await passwords.findHash(db, 1), '$argon2id$v=19$a')
      await assert.rejects(passwords.insertHash(db, 1, own('b'), NOW), UniqueViolation)
      await passwords.deleteHash(db, 1)
      assert.equal(await passwords.findHash(db, 1), undefined)
    })

    await t.test('are replaced where the old hash is still there, to the letter', async () => {
      await passwords.insertHash(db, 2, own('Old'), NOW)
      await passwords.replaceHash(db, 2, '$argon2id$v=19$old', own('new'))
      assert.equal(await passwords.findHash(db, 2), '$argon2id$v=19$Old')
      await passwords.replaceHash(db, 2, '$argon2id$v=19$Old', own('new'))
      assert.equal(await passwords.findHash(db, 2), '$argon2id$v=19$new')
    })

    await t.test('are merged: an own hash stays, an imported one gives way to another one', async () => {
      await passwords.insertHash(db, 3, own('mine'), NOW)
      await passwords.mergeHashes(db, kind, [row(3, 'theirs'), row(4, 'first'), row(5, 'same', 1)])
      await passwords.mergeHashes(db, kind, [row(3, 'again'), row(4, 'second'), row(5, 'same', 2), row(6, 'new')])
      const found = await Promise.all([3, 4, 5, 6].map((id) => passwords.findHash(db, id)))
      assert.deepEqual(found, ['$argon2id$v=19$mine', 'second', 'same', 'new'])
      const kept = db.selectFrom('password').select(['scheme', 'changed_at']).where('user_id', '=', 5)
      assert.deepEqual({ ...(await kept.executeTakeFirst()) }, { scheme: 'as same', changed_at: 1 })
    })

    await t.test('are merged by the thousand', async () => {
      const rows = Array.from({ length: 1201 }, (_, index) => ({
        ...row(10_000 + index, `many ${index}`),
        scheme: 'many',
      }))
      await passwords.mergeHashes(db, kind, rows)
      assert.equal(await passwords.findHash(db, 11_200), 'many 1200')
    })

    await t.test('are counted by scheme', async () => {
      const counts = await passwords.countSchemes(db)
      const users = Object.fromEntries(counts.map((count) => [count.scheme, count.users]))
      assert.deepEqual(users, { argon2id: 2, 'as second': 1, 'as same': 1, 'as new': 1, many: 1201 })
    })
  })

  test(`signing keys on ${name}`, async (t) => {
    const { db } = await open(t, kind)
    const key = (id: string, state: 'next' | 'current', createdAt = NOW) => ({
      id,
      algorithm: 'ES256' as const,
      state,
      createdAt,
      activatedAt: null,
      retireAt: null,
      publicJwk: `{"kid":"${id}"}`,
      privateKeySealed: `sealed ${id} ${'x'.repeat(4000)}`,
    })

    await t.test('are listed oldest first, as they were inserted', async () => {
      await keys.insertKey(db, key('b', 'next', NOW + 1))
      await keys.insertKey(db, key('a', 'current'))
      assert.deepEqual(await keys.listKeys(db), [key('a', 'current'), key('b', 'next', NOW + 1)])
    })

    await t.test('are one next and one current an algorithm', async () => {
      for (const state of ['next', 'current'] as const) {
        await assert.rejects(keys.insertKey(db, key('c', state)), UniqueViolation)
        await keys.insertKey(db, { ...key(`ed ${state}`, state), algorithm: 'EdDSA' })
      }
      await assert.rejects(keys.promoteKey(db, 'b', 'ES256', NOW), UniqueViolation)
    })

    await t.test('go from state to state, each step once', async () => {
      const versions = new Set([await keys.readVersion(db)])
      assert.deepEqual([await keys.demoteKey(db, 'a', NOW + 9), await keys.demoteKey(db, 'a', NOW + 10)], [true, false])
      versions.add(await keys.readVersion(db))
      const promote = () => keys.promoteKey(db, 'b', 'ES256', NOW + 5)
      assert.deepEqual([await promote(), await promote()], [true, false])
      versions.add(await keys.readVersion(db))
      const listed = new Map((await keys.listKeys(db)).map((each) => [each.id, each]))
      const [a, b] = [listed.get('a'), listed.get('b')]
      assert.deepEqual([a?.id, a?.state, a?.retireAt], ['a', 'previous', NOW + 9])
      assert.deepEqual([b?.id, b?.state, b?.activatedAt], ['b', 'current', NOW + 5])
      assert.deepEqual([await keys.retireKey(db, 'a'), await keys.retireKey(db, 'a')], [true, false])
      versions.add(await keys.readVersion(db))
      assert.equal(versions.size, 4)
    })

    await t.test('lose their private half when they are retired, and are listed no more', async () => {
      assert.ok(!(await keys.listKeys(db)).some(({ id }) => id === 'a'))
      const row = db.selectFrom('signing_key').select(['state', 'private_key_sealed']).where('id', '=', 'a')
      assert.deepEqual({ ...(await row.executeTakeFirst()) }, { state: 'retired', private_key_sealed: '' })
    })

    await t.test('are sealed anew where the old seal is still there', async () => {
      const { privateKeySealed } = key('b', 'current')
      const replace = () => keys.replaceSealed(db, 'b', privateKeySealed, 'sealed anew')
      assert.deepEqual([await replace(), await replace()], [true, false])
      assert.equal((await keys.listKeys(db)).find(({ id }) => id === 'b')?.privateKeySealed, 'sealed anew')
    })
  })

  test(`sessions on ${name}`, async (t) => {
    const { db } = await open(t, kind)
    const add = (id: string, changes: Partial<Session> = {}) =>
      sessions.insertSession(db, session(id, changes), NOWHERE)
    const rotation = (sessionId: string, changes: Partial<sessions.Rotation> = {}): sessions.Rotation => ({
      sessionId,
      tokenId: 'token 1',
      successorId: 'token 2',
      successorSealed: `sealed ${TEXT}`,
      now: NOW + 100,
      expiresAt: NOW + 9000,
      accessExpiresAt: NOW + 900,
      ...changes,
    })

    await t.test('are found as they were inserted', async () => {
      const full = session('full', {
        parentTokenId: 'j'.repeat(255),
        rotatedAt: NOW,
        successorSealed: 's'.repeat(9000),
        endedAt: NOW,
      })
      await sessions.insertSession(db, full, { address: '2001:db8::1', userAgent: TEXT })
      assert.deepEqual(await sessions.findSession(db, 'full'), full)
      assert.equal(await sessions.findSession(db, 'FULL'), undefined)
      await assert.rejects(add('full'), UniqueViolation)
    })

    await t.test('know where they were opened, as far as it fits', async () => {
      const longest = { address: 'a'.repeat(100), userAgent: 'é'.repeat(400) }
      await sessions.insertSession(db, session('far'), longest)
      const row = db.selectFrom('session').select(['address', 'user_agent', 'end_reason']).where('id', '=', 'far')
      const { address, user_agent, end_reason } = await row.executeTakeFirstOrThrow()
      assert.deepEqual([address, user_agent, end_reason], ['a'.repeat(45), 'é'.repeat(255), null])
    })

    await t.test('are inserted and listed many at a time', async () => {
      const ids = Array.from({ length: 300 }, (_, index) => `many ${index}`)
      await sessions.insertSessions(
        db,
        ids.map((id) => session(id, { endedAt: NOW })),
        NOWHERE,
        'imported-as-ended',
      )
      assert.equal((await sessions.listSessions(db, [...ids, 'unknown'])).length, 300)
      assert.deepEqual(await sessions.listSessions(db, []), [])
    })

    await t.test('rotate for the current token, once', async () => {
      await add('rotate')
      assert.equal(await sessions.rotateSession(db, rotation('rotate', { tokenId: 'TOKEN 1' })), false)
      assert.equal(await sessions.rotateSession(db, rotation('rotate')), true)
      assert.equal(await sessions.rotateSession(db, rotation('rotate')), false)
      assert.deepEqual(await sessions.findSession(db, 'rotate'), {
        ...session('rotate'),
        lastUsedAt: NOW + 100,
        expiresAt: NOW + 9000,
        accessExpiresAt: NOW + 900,
        currentTokenId: 'token 2',
        parentTokenId: 'token 1',
        rotatedAt: NOW + 100,
        successorSealed: `sealed ${TEXT}`,
      })
    })

    await t.test('do not rotate when they have ended or expired', async () => {
      await add('ended', { endedAt: NOW })
      await add('expired', { expiresAt: NOW + 100 })
      for (const id of ['ended', 'expired', 'unknown'])
        assert.equal(await sessions.rotateSession(db, rotation(id)), false)
    })

    await t.test('live as long as the longest of their tokens', async () => {
      await add('long', { expiresAt: NOW + 50_000, accessExpiresAt: NOW + 5000 })
      await sessions.rotateSession(db, rotation('long'))
      const { expiresAt, accessExpiresAt } = (await sessions.findSession(db, 'long')) ?? session('')
      assert.deepEqual([expiresAt, accessExpiresAt], [NOW + 50_000, NOW + 5000])
    })

    await t.test('end once, and tell until when their access tokens live now', async () => {
      await add('end')
      await sessions.rotateSession(db, rotation('end', { accessExpiresAt: NOW + 777 }))
      const end = () => sessions.endSession(db, 'end', 'logout', NOW + 200)
      assert.deepEqual([await end(), await end()], [{ sessionId: 'end', expiresAt: NOW + 777 }, undefined])
      const ended = await sessions.findSession(db, 'end')
      assert.deepEqual([ended?.endedAt, ended?.successorSealed], [NOW + 200, null])
      assert.equal(await sessions.endSession(db, 'unknown', 'logout', NOW), undefined)
    })

    await t.test('end where they were not rotated, when that is asked for', async () => {
      for (const id of ['unrotated', 'rotated']) await add(id)
      await sessions.rotateSession(db, rotation('rotated'))
      for (const id of ['unrotated', 'rotated']) {
        await sessions.endUnrotatedSession(db, { id, currentTokenId: 'token 1' }, 'imported-as-ended', NOW)
      }
      const [one, other] = await Promise.all(['unrotated', 'rotated'].map((id) => sessions.findSession(db, id)))
      assert.deepEqual([one?.endedAt, other?.endedAt], [NOW, null])
    })

    await t.test('of a user are listed while they are open, and go with the user', async () => {
      for (const id of ['of 7 a', 'of 7 b', 'of 7 c']) await add(id, { userId: 7 })
      await sessions.endSession(db, 'of 7 b', 'logout', NOW)
      assert.deepEqual((await sessions.listOpenSessions(db, 7)).sort(), ['of 7 a', 'of 7 c'])
      await sessions.deleteSessionsOf(db, 7)
      assert.deepEqual(await sessions.listSessions(db, ['of 7 a', 'of 7 b', 'of 7 c']), [])
      assert.ok(await sessions.findSession(db, 'full'))
    })

    await t.test('are ended all at once that were used since a time', async () => {
      await add('before', { userId: 8, lastUsedAt: NOW + 999_999 })
      await add('after', { userId: 8, lastUsedAt: NOW + 1_000_000 })
      assert.equal(await sessions.endSessionsUsedSince(db, NOW + 1_000_000, 'key-compromised', NOW), 1)
      assert.deepEqual(await sessions.listOpenSessions(db, 8), ['before'])
    })

    await t.test('are revoked in order, and read on from a cursor', async () => {
      for (const [index, sessionId] of ['r1', 'r2', 'r3', 'r4'].entries()) {
        await sessions.insertRevocation(db, { sessionId, expiresAt: NOW + index * 1000 }, NOW - 5)
      }
      const all = await sessions.listRevocations(db, 0, NOW, 100)
      assert.deepEqual(
        all.map(({ sessionId, expiresAt, endedAt }) => [sessionId, expiresAt, endedAt]),
        [
          ['r2', NOW + 1000, NOW - 5],
          ['r3', NOW + 2000, NOW - 5],
          ['r4', NOW + 3000, NOW - 5],
        ],
      )
      const [first] = await sessions.listRevocations(db, 0, NOW, 1)
      assert.equal(first?.sessionId, 'r2')
      const rest = await sessions.listRevocations(db, first?.id ?? 0, NOW, 100)
      assert.deepEqual(
        rest.map(({ sessionId }) => sessionId),
        ['r3', 'r4'],
      )
    })

    await t.test('go with their revocations when they expired before a time', async () => {
      const count = async () => (await db.selectFrom('session').select('id').execute()).length
      const before = await count()
      await add('old', { expiresAt: 1000 })
      assert.equal(await sessions.purgeExpired(db, 1000), 0n)
      assert.equal(await sessions.purgeExpired(db, 1001), 1n)
      assert.equal(await count(), before)
      assert.equal(await sessions.purgeExpired(db, NOW + 2000), 3n) // r1, r2 and the session that had expired
      assert.deepEqual(
        (await sessions.listRevocations(db, 0, 0, 100)).map(({ sessionId }) => sessionId),
        ['r3', 'r4'],
      )
    })
  })
}

type Session = Parameters<typeof sessions.insertSession>[1]
const NOWHERE = { address: null, userAgent: null }

function session(id: string, changes: Partial<Session> = {}): Session {
  return {
    id,
    userId: 1,
    openedAt: NOW,
    lastUsedAt: NOW,
    expiresAt: NOW + 5000,
    accessExpiresAt: NOW + 500,
    currentTokenId: 'token 1',
    parentTokenId: null,
    rotatedAt: null,
    successorSealed: null,
    endedAt: null,
    ...changes,
  }
}

type Opened = { db: Db; transaction: Database['transaction'] }

async function open(t: TestContext, kind: DatabaseKind): Promise<Opened> {
  const { url } = await freshDatabase(t, kind)
  const database = openDatabase(parseDatabaseUrl(url), 3)
  t.after(() => database.close())
  await migrate(database.db)
  return database
}
