/** Logouts at the same moment, also beside a refresh: whoever comes first, the session ends once and for all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { countRows, expectJson, expectTokenRefused, isGood, join, paths, signIn } from '../scenario.ts'
import { type Answer, startServer } from '../start-server.ts'

const AT_ONCE = 50
const SESSIONS = 30
const ENDED = 'Token is blacklisted'

for (const { kind, name } of databases()) {
  test(`logouts at once, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
    const { id, email } = await join(s, 'ann')

    await t.test(`of ${AT_ONCE} with one token one ends the session`, async () => {
      const { access, refresh } = await signIn(s, email)
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => s.post(paths.logout, { refresh })))
      const [first, ...others] = answers.sort((a, b) => a.status - b.status)
      expectJson(first as Answer, 200, {})
      for (const answer of others) expectTokenRefused(answer, ENDED)
      assert.equal(await isGood(s, access), false)
      assert.equal((await countRows(s)).revocation, 1)
    })

    const kinds: readonly [title: string, open: () => Promise<string>][] = [
      ['', async () => (await signIn(s, email)).refresh],
      [' of the old service', async () => signOld(oldClaims(s, id, 'refresh'))],
    ]
    for (const [title, open] of kinds) {
      await t.test(`beside a refresh of the same token${title}, no token that was given out stays good`, async (t) => {
        const tokens = await Promise.all(Array.from({ length: SESSIONS }, open))
        await s.clock.advance(3000)
        const handedOut = (await Promise.all(tokens.map(refreshBesideLogout))).flat()
        for (const token of handedOut) assert.equal(await isGood(s, token), false)
        await s.clock.advance(1000) // what was given out first has expired by itself, what was given out last has not
        const other = await startServer(t, { kind, url: s.url, clock: s.clock })
        for (const token of handedOut) assert.equal(await isGood(other, token), false)
      })
    }

    /** @returns the tokens that the refresh got, if it was first */
    async function refreshBesideLogout(refresh: string): Promise<string[]> {
      const [refreshed, ended] = await Promise.all([
        s.post(paths.refresh, { refresh }),
        s.post(paths.logout, { refresh }),
      ])
      expectJson(ended, 200, {})
      if (refreshed.status === 200) return Object.values(refreshed.json as Record<string, string>)
      expectTokenRefused(refreshed, ENDED)
      return []
    }
  })
}
