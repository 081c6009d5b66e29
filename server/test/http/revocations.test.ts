/** The revocation feed of the service (contract/revocations.ts), read by somebody who has nothing but the key set. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RevocationPage } from '../../../contract/revocations.ts'
import { databases } from '../databases.ts'
import { claimsOf, expectTokenRefused, join, logOut, paths } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import { ask, eventsOf, FEED, sidsOf } from './feed.ts'

for (const { kind, name } of databases()) {
  test(`the revocation feed on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const [ann, bob, eve] = [await join(s, 'ann'), await join(s, 'bob'), await join(s, 'eve')]

    await t.test('is empty, and signed, while nobody has gone', async () => {
      const page = await ask(s)
      assert.deepEqual(page.revocations, [])
      assert.deepEqual(
        page.keys,
        s.service.keys.list().map(({ id }) => id),
      )
    })

    await t.test(
      'tells which session ended and until when its tokens could be shown, and nothing of a person',
      async () => {
        await logOut(s, ann.refresh)
        const { sid, exp } = claimsOf(ann.access)
        const [told, ...others] = (await ask(s)).revocations
        assert.deepEqual(others, [])
        assert.deepEqual(Object.keys(told ?? {}), ['sid', 'exp'])
        assert.equal(told?.sid, sid)
        // A repeat within the grace window may have been given a token that lives so much longer.
        assert.ok(told.exp >= exp && told.exp <= exp + 11, `${told.exp - exp} s after the token`)
      },
    )

    await t.test('goes on at a cursor: what is old is not told again, what is new is', async () => {
      await s.clock.advance(120)
      const { cursor } = await ask(s)
      await s.clock.advance(120)
      assert.deepEqual(sidsOf(await ask(s, cursor)), [])
      await logOut(s, bob.refresh)
      assert.deepEqual(sidsOf(await ask(s, cursor)), [claimsOf(bob.access).sid])
      for (const nobodys of ['x', '-1', '9'.repeat(40), '%00'])
        assert.equal(sidsOf(await ask(s, nobodys)).length, 2, nobodys)
    })

    await t.test(
      'streams a page at once, the next when a session ends, and goes on where Last-Event-ID says',
      async () => {
        await s.clock.advance(120)
        const { cursor } = await ask(s)
        await s.clock.advance(120)
        const leaving = new AbortController()
        const events = eventsOf(s, { 'last-event-id': cursor }, leaving.signal)
        const first = (await events.next()).value
        assert.deepEqual(first && sidsOf(first.page), [])
        assert.equal(first?.id, first?.page.cursor)
        await logOut(s, eve.refresh)
        const told: string[] = []
        while (told.length === 0) told.push(...sidsOf((await events.next()).value?.page as RevocationPage))
        assert.deepEqual(told, [claimsOf(eve.access).sid])
        await events.return(undefined)
        leaving.abort()
      },
    )

    await t.test('a page of it is no token', async () => {
      expectTokenRefused(await s.post(paths.verify, { token: (await s.get(FEED)).text }))
    })

    await t.test('forgets what has expired by itself', async () => {
      await s.clock.advance(3600)
      assert.deepEqual(sidsOf(await ask(s)), [])
    })
  })
}
