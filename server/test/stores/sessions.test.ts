/** What the store of sessions promises, on every database: the three answer alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import * as ending from '../../src/features/sessions/ending-store.ts'
import * as purges from '../../src/features/sessions/purge-store.ts'
import * as rotations from '../../src/features/sessions/rotation-store.ts'
import * as sessions from '../../src/features/sessions/store.ts'
import { UniqueViolation } from '../../src/platform/database-errors.ts'
import type { Db } from '../../src/platform/db.ts'
import { databases } from '../databases.ts'
import { NOW, openFresh, TEXT } from './open-fresh.ts'

for (const { kind, name } of databases()) {
  test(`sessions on ${name}`, async (t) => {
    const database = await openFresh(t, kind)
    const { db } = database
    const add = (id: string, changes: Partial<Session> = {}) =>
      sessions.insertSession(db, session(id, changes), NOWHERE)
    const rotation = (sessionId: string, changes: Partial<rotations.Rotation> = {}): rotations.Rotation => ({
      sessionId,
      tokenId: 'token 1',
      claimsVersion: 0,
      successorId: 'token 2',
      successorHash: 'hash 2',
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
        amr: ['pwd', 'otp', 'hwk', 'swk', 'pop', 'user', 'mfa', 'email'],
        acr: 'aal2',
        authenticatedAt: NOW + 1,
        statusIndex: 2 ** 40,
      })
      await sessions.insertSession(db, full, { address: '2001:db8::1', userAgent: TEXT })
      assert.deepEqual(await sessions.findSession(db, 'full'), full)
      assert.equal(await sessions.findSession(db, 'FULL'), undefined)
      await assert.rejects(add('full'), UniqueViolation)
    })

    if (kind === 'mysql') {
      await t.test('rotate by a statement that is prepared once a connection, whatever the times', async () => {
        await add('often')
        await db.connection().execute(async (connection) => {
          const before = await countPrepared(connection)
          for (let time = 1; time <= 10; time++) {
            const changes = { now: NOW + time, expiresAt: NOW + 9000 + time, accessExpiresAt: NOW + 900 + time }
            assert.equal(await rotations.rotateSession(connection, rotation('often', changes)), time === 1)
          }
          assert.ok((await countPrepared(connection)) - before <= 2, 'the rotation, and the counting itself')
        })
      })
    }

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

    await t.test('of earlier releases stand on nothing, since they were opened', async () => {
      await add('earlier', { openedAt: NOW - 500 })
      const unknown = { amr: null, acr: null, authenticated_at: null }
      await db.updateTable('session').set(unknown).where('id', '=', 'earlier').execute()
      const { amr, acr, authenticatedAt } = (await sessions.findSession(db, 'earlier')) ?? session('')
      assert.deepEqual({ amr, acr, authenticatedAt }, { amr: [], acr: 'aal1', authenticatedAt: NOW - 500 })
    })

    await t.test('are held, and stand on something else afterwards', async () => {
      await add('held')
      const assurance = { amr: ['pwd', 'otp'], acr: 'aal2', authenticatedAt: NOW + 60_000 } as const
      const held = await db.transaction().execute(async (tx) => {
        const before = await sessions.holdSession(tx, 'held')
        await sessions.replaceAssurance(tx, 'held', assurance)
        return before
      })
      assert.deepEqual(held, session('held'))
      assert.deepEqual(await sessions.findSession(db, 'held'), { ...session('held'), ...assurance, claimsVersion: 1 })
      assert.equal(await db.transaction().execute((tx) => sessions.holdSession(tx, 'unknown')), undefined)
    })

    await t.test('do not rotate for whoever knows other claims than the row', async () => {
      await add('raised')
      await sessions.replaceAssurance(db, 'raised', { amr: ['pwd', 'otp'], acr: 'aal2', authenticatedAt: NOW })
      assert.equal(await rotations.rotateSession(db, rotation('raised')), false)
      assert.equal(await rotations.rotateSession(db, rotation('raised', { claimsVersion: 2 })), false)
      assert.equal((await sessions.findSession(db, 'raised'))?.currentTokenId, 'token 1')
      assert.equal(await rotations.rotateSession(db, rotation('raised', { claimsVersion: 1 })), true)
    })

    await t.test('of a user are listed that neither ended nor expired, with where they were opened', async () => {
      const origin = { address: '192.0.2.1', userAgent: TEXT }
      const own = (id: string, changes: Partial<Session>) =>
        sessions.insertSession(db, session(id, { userId: 6, ...changes }), origin)
      await own('of 6 first', { lastUsedAt: NOW - 2 })
      await own('of 6 last', { lastUsedAt: NOW - 1 })
      await own('of 6 ended', { endedAt: NOW })
      await own('of 6 expired', { expiresAt: NOW })
      const live = await sessions.listLiveSessions(db, 6, NOW)
      assert.deepEqual(
        live.map(({ id }) => id),
        ['of 6 last', 'of 6 first'],
      )
      assert.deepEqual(live[1], { ...session('of 6 first', { userId: 6, lastUsedAt: NOW - 2 }), ...origin })
    })

    await t.test('rotate for the current token, once', async () => {
      await add('rotate')
      assert.equal(await rotations.rotateSession(db, rotation('rotate', { tokenId: 'TOKEN 1' })), false)
      assert.equal(await rotations.rotateSession(db, rotation('rotate')), true)
      assert.equal(await rotations.rotateSession(db, rotation('rotate')), false)
      assert.deepEqual(await sessions.findSession(db, 'rotate'), {
        ...session('rotate'),
        lastUsedAt: NOW + 100,
        expiresAt: NOW + 9000,
        accessExpiresAt: NOW + 900,
        currentTokenId: 'token 2',
        currentTokenHash: 'hash 2',
        parentTokenId: 'token 1',
        rotatedAt: NOW + 100,
        successorSealed: `sealed ${TEXT}`,
      })
    })

    await t.test('rotate for a token whose signature nobody saw where its text is the current one', async () => {
      await add('unseen')
      await add('imported', { currentTokenHash: null })
      const by = async (id: string, tokenHash: string) =>
        (await rotations.rotateUnverified(db, [{ ...rotation(id), tokenHash }])) === 1
      assert.equal(await by('unseen', 'HASH 1'), false)
      assert.equal(await by('imported', 'hash 1'), false)
      assert.equal(await by('unseen', 'hash 1'), true)
      assert.equal(await by('unseen', 'hash 1'), false)
    })

    await t.test('rotate several at once, each for its own token and none for another', async () => {
      const long = 's'.repeat(9000)
      const known = { tokenId: 'mine', tokenHash: 'hash 1' }
      const mine = { currentTokenId: 'mine' }
      await add('together 1', { ...mine, expiresAt: NOW + 50_000 })
      await add('together 2', { ...mine, accessExpiresAt: NOW + 7000 })
      for (const id of ['other hash', 'other case']) await add(id, mine)
      await add('other token')
      await add('other claims', { ...mine, claimsVersion: 1 })
      await add('no hash', { ...mine, currentTokenHash: null })
      await add('over', { ...mine, endedAt: NOW })
      await add('out of time', { ...mine, expiresAt: NOW + 100 })
      const given = {
        'together 1': { ...known, successorId: 'next of 1', successorHash: 'hash of 1', successorSealed: long },
        'together 2': { ...known, successorId: 'next of 2', now: NOW + 101, expiresAt: NOW + 9001 },
        'other hash': { ...known, tokenHash: 'hash 2' },
        'other case': { ...known, tokenHash: 'HASH 1' },
        'other token': known,
        'other claims': known,
        'no hash': known,
        over: known,
        'out of time': known,
        unknown: known,
      }
      const untouched = Object.keys(given).slice(2)
      const before = await sessions.listSessions(db, untouched)
      const all = Object.entries(given).map(([id, changes]) => ({ ...rotation(id), ...changes }))
      assert.equal(await rotations.rotateUnverified(db, all), 2)
      assert.equal(await rotations.rotateUnverified(db, all), 0)
      assert.deepEqual(await sessions.findSession(db, 'together 1'), {
        ...session('together 1'),
        lastUsedAt: NOW + 100,
        expiresAt: NOW + 50_000,
        accessExpiresAt: NOW + 900,
        currentTokenId: 'next of 1',
        currentTokenHash: 'hash of 1',
        parentTokenId: 'mine',
        rotatedAt: NOW + 100,
        successorSealed: long,
      })
      assert.deepEqual(await sessions.findSession(db, 'together 2'), {
        ...session('together 2'),
        lastUsedAt: NOW + 101,
        expiresAt: NOW + 9001,
        accessExpiresAt: NOW + 7000,
        currentTokenId: 'next of 2',
        currentTokenHash: 'hash 2',
        parentTokenId: 'mine',
        rotatedAt: NOW + 101,
        successorSealed: `sealed ${TEXT}`,
      })
      assert.deepEqual(await sessions.listSessions(db, untouched), before)
    })

    await t.test('do not rotate when they have ended or expired', async () => {
      await add('ended', { endedAt: NOW })
      await add('expired', { expiresAt: NOW + 100 })
      for (const id of ['ended', 'expired', 'unknown'])
        assert.equal(await rotations.rotateSession(db, rotation(id)), false)
    })

    await t.test('live as long as the longest of their tokens', async () => {
      await add('long', { expiresAt: NOW + 50_000, accessExpiresAt: NOW + 5000 })
      await rotations.rotateSession(db, rotation('long'))
      const { expiresAt, accessExpiresAt } = (await sessions.findSession(db, 'long')) ?? session('')
      assert.deepEqual([expiresAt, accessExpiresAt], [NOW + 50_000, NOW + 5000])
    })

    await t.test('end once, and tell until when their access tokens live now', async () => {
      await add('end', { statusIndex: 77 })
      await rotations.rotateSession(db, rotation('end', { accessExpiresAt: NOW + 777 }))
      const end = () => sessions.endSession(db, 'end', 'logout', NOW + 200)
      assert.deepEqual(
        [await end(), await end()],
        [{ sessionId: 'end', expiresAt: NOW + 777, statusIndex: 77, userId: 1 }, undefined],
      )
      const ended = await sessions.findSession(db, 'end')
      assert.deepEqual([ended?.endedAt, ended?.successorSealed], [NOW + 200, null])
      assert.equal(await sessions.endSession(db, 'unknown', 'logout', NOW), undefined)
    })

    await t.test('end where they were not rotated, when that is asked for', async () => {
      for (const id of ['unrotated', 'rotated']) await add(id)
      await rotations.rotateSession(db, rotation('rotated'))
      const end = (id: string) =>
        sessions.endUnrotatedSession(db, { id, currentTokenId: 'token 1' }, 'imported-as-ended', NOW)
      assert.deepEqual([await end('unrotated'), await end('unrotated'), await end('rotated')], [true, false, false])
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

    await t.test('of a user end many at a time, each once', async () => {
      const ids = Array.from({ length: 1200 }, (_, index) => `of 9, ${index}`)
      const rows = ids.map((id, index) => session(id, { userId: 9, statusIndex: index }))
      for (let from = 0; from < rows.length; from += 300)
        await sessions.insertSessions(db, rows.slice(from, from + 300), NOWHERE, null)
      await sessions.endSession(db, 'of 9, 7', 'logout', NOW)
      const ended = await ending.endSessions(db, [...ids, 'unknown'], 'password-changed', NOW)
      assert.equal(ended.length, 1199)
      const [one] = ended.filter(({ sessionId }) => sessionId === 'of 9, 1000')
      assert.deepEqual(one, { sessionId: 'of 9, 1000', expiresAt: NOW + 500, statusIndex: 1000 })
      assert.deepEqual(await ending.endSessions(db, ids, 'password-recovered', NOW), [])
      assert.deepEqual(await ending.endSessions(db, [], 'password-recovered', NOW), [])
      assert.equal((await sessions.findSession(db, 'of 9, 1199'))?.endedAt, NOW)
      await sessions.deleteSessionsOf(db, 9)
    })

    await t.test(
      'are ended all at once that were used since a time, and revoked while tokens of them live',
      async () => {
        const since = NOW + 1_000_000
        await add('before', { userId: 8, lastUsedAt: since - 1 })
        await add('after', { userId: 8, lastUsedAt: since, accessExpiresAt: since + 501, statusIndex: 3 })
        await add('outlived', { userId: 8, lastUsedAt: since + 1, accessExpiresAt: since + 500 })
        await add('gone', { userId: 8, lastUsedAt: since, accessExpiresAt: since + 900 })
        await sessions.endSession(db, 'gone', 'logout', since + 500)
        assert.equal(await ending.endSessionsUsedSince(db, since, 'key-compromised', since + 500), 2)
        assert.equal(await ending.endSessionsUsedSince(db, since, 'key-compromised', since + 500), 0)
        assert.deepEqual(await sessions.listOpenSessions(db, 8), ['before'])
        await ending.insertRevocationsFor(db, 'key-compromised', since + 500, since + 500)
        assert.deepEqual(
          (await ending.listRevocations(db, 0, NOW, 100)).map(({ id, ...rest }) => rest),
          [{ sessionId: 'after', expiresAt: since + 501, endedAt: since + 500, statusIndex: 3 }],
        )
        await db.deleteFrom('revocation').execute()
      },
    )

    await t.test('are ended all at once, however many they are', async () => {
      const ids = Array.from({ length: 6000 }, (_, index) => `used ${index}`)
      for (let from = 0; from < ids.length; from += 500) {
        const rows = ids.slice(from, from + 500).map((id) => session(id, { userId: 10, lastUsedAt: NOW + 3_000_000 }))
        await sessions.insertSessions(db, rows, NOWHERE, null)
      }
      assert.equal(await ending.endSessionsUsedSince(db, NOW + 2_000_000, 'key-compromised', NOW), 6000)
      assert.deepEqual(await sessions.listOpenSessions(db, 10), [])
      await sessions.deleteSessionsOf(db, 10)
    })

    await t.test('are revoked in order, and read on from a cursor', async () => {
      const ended = ['r1', 'r2', 'r3', 'r4'].map((sessionId, index) => {
        return { sessionId, expiresAt: NOW + index * 1000, statusIndex: index || null }
      })
      await ending.insertRevocations(db, ended, NOW - 5)
      await ending.insertRevocations(db, [], NOW - 5)
      const all = await ending.listRevocations(db, 0, NOW, 100)
      assert.deepEqual(
        all.map(({ sessionId, expiresAt, endedAt, statusIndex }) => [sessionId, expiresAt, endedAt, statusIndex]),
        [
          ['r2', NOW + 1000, NOW - 5, 1],
          ['r3', NOW + 2000, NOW - 5, 2],
          ['r4', NOW + 3000, NOW - 5, 3],
        ],
      )
      const [first] = await ending.listRevocations(db, 0, NOW, 1)
      assert.equal(first?.sessionId, 'r2')
      const rest = await ending.listRevocations(db, first?.id ?? 0, NOW, 100)
      assert.deepEqual(
        rest.map(({ sessionId }) => sessionId),
        ['r3', 'r4'],
      )
    })

    await t.test(
      'have bits of the status lists by rows that never were there before, whatever was purged',
      async () => {
        const [first, second] = [await sessions.insertStatusRow(db, NOW), await sessions.insertStatusRow(db, NOW)]
        await db.transaction().execute(async (tx) => {
          assert.ok((await sessions.insertStatusRow(tx, NOW)) > second)
        })
        const last = (await sessions.findLastStatusRow(db)) ?? 0
        await purges.purgeExpired(database, 0)
        assert.equal(await sessions.findLastStatusRow(db), last)
        assert.equal((await db.selectFrom('status_index').select('id').execute()).length, 1)
        await db.deleteFrom('status_index').execute()
        assert.equal(await sessions.findLastStatusRow(db), undefined)
        const next = await Promise.all(Array.from({ length: 20 }, () => sessions.insertStatusRow(db, NOW)))
        assert.equal(new Set([first, second, last, ...next]).size, 23)
        assert.ok(Math.min(...next) > last)
      },
    )

    await t.test('go with their revocations when they expired before a time', async () => {
      const count = async () => (await db.selectFrom('session').select('id').execute()).length
      const before = await count()
      await add('old', { expiresAt: 1000 })
      assert.equal(await purges.purgeExpired(database, 1000), 0)
      assert.equal(await purges.purgeExpired(database, 1001), 1)
      assert.equal(await count(), before)
      assert.equal(await purges.purgeExpired(database, NOW + 2000), 5) // r1, r2 and the three sessions that had expired
      assert.deepEqual(
        (await ending.listRevocations(db, 0, 0, 100)).map(({ sessionId }) => sessionId),
        ['r3', 'r4'],
      )
    })

    await t.test(
      'go also where the steps that they are looked through by end with one of them, or are many',
      async () => {
        const all = async () =>
          (await db.selectFrom('session').select('id').orderBy('id').execute()).map(({ id }) => id)
        const before = await all()
        for (const atOnce of [1, 2, 3, 4, 8, 9]) {
          for (const id of [' ', '0', 'Z', 'a', 'zzz', 'é', '～']) await add(`${id}~`, { expiresAt: 1000 })
          assert.equal(await purges.purgeExpired(database, 1001, atOnce), 7)
          assert.deepEqual(await all(), before)
        }
        await add('moved', { expiresAt: 1000 })
        assert.equal(
          await purges.deleteExpiredSessions(db, ['moved', 'unknown'], 1000),
          0,
          'it was refreshed meanwhile',
        )
      },
    )
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
    currentTokenHash: 'hash 1',
    parentTokenId: null,
    rotatedAt: null,
    successorSealed: null,
    endedAt: null,
    amr: ['pwd'],
    acr: 'aal1',
    authenticatedAt: NOW,
    statusIndex: null,
    claimsVersion: 0,
    ...changes,
  }
}

async function countPrepared(db: Db): Promise<number> {
  const { rows } = await sql<{ Value: string }>`show session status like 'Com_stmt_prepare'`.execute(db)
  return Number(rows[0]?.Value)
}
