/**
 * Users who may not sign in any more: disabled or erased. The old service went on serving them: CVE-2024-22513 of its
 * token library, and CVE-2023-22492, CVE-2026-43983 of others.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import {
  claimsOf,
  countRows,
  expectTokenRefused,
  expectWrongCredentials,
  isGood,
  join,
  PASSWORD,
  type Person,
  paths,
  refresh,
  register,
  signIn,
} from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const ENDED = 'Token is blacklisted'

const ends: readonly [title: string, end: (s: TestServer, person: Person) => Promise<boolean>][] = [
  ['disabled', (s, { id }) => s.service.lifecycle.disable(id)],
  ['erased', (s, { id }) => s.service.lifecycle.erase(id)],
]

for (const { kind, name } of databases()) {
  test(`users who may not sign in, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
    const other = await join(s, 'other')

    for (const [title, end] of ends) {
      await t.test(`a user who is ${title} cannot log in`, async () => {
        const ann = await join(s, `login-${title}`)
        assert.equal(await end(s, ann), true)
        expectWrongCredentials(await s.post(paths.login, { email: ann.email, password: ann.password }))
      })

      await t.test(`divergence: no token of a user who is ${title} is good at verify, refresh or logout`, async () => {
        const ann = await join(s, `tokens-${title}`)
        const second = await refresh(s, ann.refresh)
        const third = await signIn(s, ann.email)
        await end(s, ann)
        for (const token of [ann.access, ann.refresh, second.access, second.refresh, third.access, third.refresh]) {
          assert.equal(await isGood(s, token), false)
        }
        for (const token of [ann.refresh, second.refresh, third.refresh]) {
          expectTokenRefused(await s.post(paths.refresh, { refresh: token }), ENDED)
          expectTokenRefused(await s.post(paths.logout, { refresh: token }), ENDED)
        }
      })

      await t.test(`divergence: no token that the old service gave a user who is ${title} is good`, async () => {
        const ann = await join(s, `old-${title}`)
        const [access, used, unused] = (['access', 'refresh', 'refresh'] as const).map((type) =>
          signOld(oldClaims(s, ann.id, type)),
        ) as [string, string, string]
        const next = await refresh(s, used)
        await end(s, ann)
        for (const token of [access, used, unused, next.access, next.refresh])
          assert.equal(await isGood(s, token), false)
        for (const token of [used, unused, next.refresh]) {
          expectTokenRefused(await s.post(paths.refresh, { refresh: token }), ENDED)
          expectTokenRefused(await s.post(paths.logout, { refresh: token }), ENDED)
        }
      })

      await t.test(`that a user is ${title} is no concern of others`, async () => {
        assert.equal(await isGood(s, other.access), true)
        await refresh(s, (await signIn(s, other.email)).refresh)
      })
    }

    await t.test('an enabled user signs in again; tokens from before stay ended', async () => {
      const ann = await join(s, 'enabled')
      await s.service.lifecycle.disable(ann.id)
      assert.equal(await s.service.lifecycle.enable(ann.id), true)
      assert.deepEqual([await isGood(s, ann.access), await isGood(s, ann.refresh)], [false, false])
      assert.equal(await isGood(s, (await signIn(s, ann.email)).access), true)
    })

    await t.test('tokens of the old service from before, used here or not, stay ended too', async () => {
      const ann = await join(s, 'enabled-old')
      const [access, used, unused] = (['access', 'refresh', 'refresh'] as const).map((type) =>
        signOld(oldClaims(s, ann.id, type)),
      ) as [string, string, string]
      await refresh(s, used)
      await s.service.lifecycle.disable(ann.id)
      await s.service.lifecycle.enable(ann.id)
      for (const token of [access, used, unused]) assert.equal(await isGood(s, token), false)
      for (const token of [used, unused]) expectTokenRefused(await s.post(paths.refresh, { refresh: token }), ENDED)
      await s.clock.advance(1)
      assert.equal(await isGood(s, signOld(oldClaims(s, ann.id, 'access'))), true, 'one from after that is good')
    })

    await t.test('disabling, enabling and erasing say whether they changed anything', async () => {
      const { id } = await join(s, 'twice')
      const { lifecycle } = s.service
      assert.deepEqual([await lifecycle.disable(id), await lifecycle.disable(id)], [true, false])
      assert.deepEqual([await lifecycle.enable(id), await lifecycle.enable(id)], [true, false])
      assert.deepEqual([await lifecycle.erase(id), await lifecycle.erase(id)], [true, false])
      assert.deepEqual([await lifecycle.disable(id), await lifecycle.enable(id)], [false, false])
    })

    await t.test('of an erased user nothing is left but revocations, which name no person', async () => {
      const before = await countRows(s)
      const ann = await join(s, 'gone')
      await signIn(s, ann.email)
      await s.service.lifecycle.erase(ann.id)
      assert.deepEqual(await countRows(s), { ...before, revocation: before.revocation + 2 })
      const [row] = await s.db.selectFrom('revocation').selectAll().execute()
      assert.deepEqual(Object.keys(row ?? {}).sort(), ['ended_at', 'expires_at', 'id', 'session_id', 'status_index'])
    })

    await t.test('the address of an erased user is free, and whoever takes it is another user', async () => {
      const ann = await join(s, 'last') // the newest user: a database might give the id away again
      const old = signOld(oldClaims(s, ann.id, 'refresh'))
      await s.service.lifecycle.erase(ann.id)
      await register(s, { email: ann.email, password: PASSWORD })
      const next = await signIn(s, ann.email)
      assert.ok(claimsOf(next.access).user_id > ann.id)
      for (const token of [ann.access, ann.refresh, old]) assert.equal(await isGood(s, token), false)
      expectTokenRefused(await s.post(paths.refresh, { refresh: old }), ENDED)
    })
  })
}
