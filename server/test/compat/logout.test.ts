/** POST logout: it means it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { countRows, expectJson, expectTokenRefused, isGood, join, logOut, paths, refresh, signIn } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const ENDED = 'Token is blacklisted'

for (const { kind, name } of databases()) {
  test(`logout on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { email } = await join(s, 'ann')

    await t.test('divergence: ends the refresh token and every access token of the session at once', async () => {
      const first = await signIn(s, email)
      const second = await refresh(s, first.refresh)
      await logOut(s, second.refresh)
      for (const token of [first.access, second.access, second.refresh]) assert.equal(await isGood(s, token), false)
      expectTokenRefused(await s.post(paths.refresh, { refresh: second.refresh }), ENDED)
      expectTokenRefused(await s.post(paths.refresh, { refresh: first.refresh }), ENDED)
    })

    await t.test('is refused the second time', async () => {
      const { refresh: token } = await signIn(s, email)
      await logOut(s, token)
      expectTokenRefused(await s.post(paths.logout, { refresh: token }), ENDED)
    })

    await t.test('leaves the other sessions of the person alone', async () => {
      const [one, other] = [await signIn(s, email), await signIn(s, email)]
      await logOut(s, one.refresh)
      assert.equal(await isGood(s, other.access), true)
      await refresh(s, other.refresh)
    })

    await t.test('needs no Authorization header, and takes no notice of a bad one', async () => {
      for (const authorization of [undefined, 'Bearer garbage', 'x']) {
        const { refresh: token } = await signIn(s, email)
        expectJson(await s.post(paths.logout, { refresh: token }, { authorization }), 200, {})
      }
    })

    await t.test('takes the parent of the current refresh token within the grace window', async () => {
      const first = await signIn(s, email)
      const second = await refresh(s, first.refresh)
      await s.clock.advance(10)
      await logOut(s, first.refresh)
      assert.equal(await isGood(s, second.access), false)
    })

    await t.test('with an older refresh token is refused, and the session ends all the same', async () => {
      const first = await signIn(s, email)
      const second = await refresh(s, first.refresh)
      await s.clock.advance(10.001)
      expectTokenRefused(await s.post(paths.logout, { refresh: first.refresh }), ENDED)
      for (const token of [second.access, second.refresh]) assert.equal(await isGood(s, token), false)
    })

    await t.test('takes no access token, and the session goes on', async () => {
      const { access, refresh: token } = await signIn(s, email)
      expectTokenRefused(await s.post(paths.logout, { refresh: access }), 'Token has wrong type')
      assert.equal(await isGood(s, access), true)
      await refresh(s, token)
    })

    await t.test('takes no refresh token that has expired', async () => {
      const { refresh: token } = await signIn(s, email)
      await s.clock.advance(86_400)
      expectTokenRefused(await s.post(paths.logout, { refresh: token }))
    })

    await t.test('keeps an access token that was given out last ended until it expires by itself', async () => {
      const first = await signIn(s, email)
      await s.clock.advance(3000)
      const second = await refresh(s, first.refresh)
      await logOut(s, second.refresh)
      await s.clock.advance(1000) // the first access token would have expired meanwhile, the second one not
      assert.equal(await isGood(s, second.access), false)
    })

    await t.test('that fails half-way says so, and the session goes on (CVE-2020-15223)', async () => {
      const { access, refresh: token } = await signIn(s, email)
      await s.db.schema.alterTable('revocation').renameTo('revocation_away').execute()
      const answer = await s.post(paths.logout, { refresh: token })
      await s.db.schema.alterTable('revocation_away').renameTo('revocation').execute()
      assert.equal(answer.status, 500)
      assert.equal(await isGood(s, access), true)
      await logOut(s, token)
      assert.equal(await isGood(s, access), false)
    })

    await t.test('leaves rows that go a week after they have expired', async () => {
      await logOut(s, (await signIn(s, email)).refresh)
      assert.ok((await countRows(s)).revocation > 0)
      await s.clock.advance(86_400 + 1)
      const kept = 7 * 86_400_000
      await s.service.sessions.purge(kept)
      assert.ok((await countRows(s)).session > 0)
      await s.clock.advance(7 * 86_400)
      await s.service.sessions.purge(kept)
      assert.deepEqual(await countRows(s), { user: 1, password: 1, session: 0, revocation: 0 })
    })
  })
}
