/**
 * A token whose signature was checked is remembered; whatever may change afterwards is asked anew at each call.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import { databases } from '../databases.ts'
import { claimsOf, expectTokenRefused, isGood, join, type Person, paths, refresh } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

type Tokens = Person & { access: string; refresh: string }

const ENDED = 'Token is blacklisted'
const INVALID = 'Token is invalid or expired'

const ends: readonly [what: string, told: string, end: (s: TestServer, ann: Tokens) => Promise<unknown>][] = [
  ['its session has ended', ENDED, (s, ann) => s.post(paths.logout, { refresh: ann.refresh })],
  ['its user was disabled', ENDED, (s, ann) => s.service.lifecycle.disable(ann.id)],
  ['its user was erased', ENDED, (s, ann) => s.service.lifecycle.erase(ann.id)],
  [
    'its key was retired',
    INVALID,
    (s, ann) => s.service.lifecycle.retireKey(decodeProtectedHeader(ann.access).kid ?? ''),
  ],
  ['it has expired', INVALID, (s, ann) => s.clock.advance(claimsOf(ann.access).exp - s.clock.seconds())],
]

for (const { kind, name } of databases()) {
  test(`tokens that are remembered, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    for (const [index, [what, told, end]] of ends.entries()) {
      await t.test(`an access token is refused from the moment on when ${what}`, async () => {
        const ann = await join(s, `ann-${index}`)
        for (let asked = 0; asked < 3; asked++) assert.equal(await isGood(s, ann.access), true)
        await end(s, ann)
        for (let asked = 0; asked < 3; asked++) {
          expectTokenRefused(await s.post(paths.verify, { token: ann.access }), told)
        }
      })
    }

    await t.test('a text that differs in its signature only is not the token that is remembered', async () => {
      const { access } = await join(s, 'bob')
      assert.equal(await isGood(s, access), true)
      const end = access.at(-20) === 'A' ? 'B' : 'A'
      expectTokenRefused(await s.post(paths.verify, { token: `${access.slice(0, -20)}${end}${access.slice(-19)}` }))
      assert.equal(await isGood(s, access), true)
    })

    await t.test('a refresh token that was verified before rotates once and is then refused', async () => {
      const first = await join(s, 'eve')
      assert.equal(await isGood(s, first.refresh), true)
      assert.notEqual((await refresh(s, first.refresh)).refresh, first.refresh)
      expectTokenRefused(await s.post(paths.verify, { token: first.refresh }), ENDED)
    })
  })
}
