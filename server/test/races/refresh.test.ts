/** Many requests with one refresh token at the same moment: tabs that race, clients that try again (CVE-2026-53517). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, countRows, expectTokens, isGood, join, paths, refresh, type TokenPair } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const AT_ONCE = 50

for (const { kind, name } of databases()) {
  test(`${AT_ONCE} refreshes of one token at once, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
    const ann = await join(s, 'ann')
    const refreshAtOnce = async (token: string): Promise<TokenPair[]> => {
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => s.post(paths.refresh, { refresh: token })),
      )
      return answers.map(expectTokens)
    }

    await t.test('all get the same successor, and the session is one row', async () => {
      const pairs = await refreshAtOnce(ann.refresh)
      assert.equal(new Set(pairs.map((pair) => pair.refresh)).size, 1)
      assert.deepEqual(await countRows(s), { user: 1, password: 1, session: 1, revocation: 0 })
    })

    await t.test('each of them may go on with what it got', async () => {
      const first = await refresh(s, ann.refresh)
      const pairs = await refreshAtOnce(first.refresh)
      for (const { access } of pairs) assert.equal(await isGood(s, access), true)
      const next = await refresh(s, pairs[0]?.refresh ?? '')
      assert.equal(claimsOf(next.refresh).sid, claimsOf(ann.refresh).sid)
    })

    await t.test('that the old service gave: they become one session', async () => {
      const before = await countRows(s)
      const pairs = await refreshAtOnce(signOld(oldClaims(s, ann.id, 'refresh')))
      assert.equal(new Set(pairs.map((pair) => pair.refresh)).size, 1)
      assert.deepEqual(await countRows(s), { ...before, session: before.session + 1 })
    })

    await t.test('round after round, nobody is logged out', async () => {
      let [pair] = await refreshAtOnce(signOld(oldClaims(s, ann.id, 'refresh')))
      for (let round = 1; round <= 5; round++) [pair] = await refreshAtOnce(pair?.refresh ?? '')
      assert.equal(await isGood(s, pair?.refresh ?? ''), true)
    })
  })
}
