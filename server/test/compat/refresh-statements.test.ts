/** What a refresh asks the database, and that it may do so: what its token says of the session is what the row says. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { databases } from '../databases.ts'
import { claimsOf, expectTokenRefused, join, paths, refresh, type TokenPair } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

/** The statements on sessions that `work` makes the service ask. */
async function statementsOf(t: TestContext, { db }: TestServer, work: () => Promise<unknown>): Promise<string[]> {
  const asked = t.mock.method(db.getExecutor(), 'executeQuery')
  await work()
  const statements = asked.mock.calls.map(({ arguments: [query] }) => query.sql)
  asked.mock.restore()
  return statements.filter((sql) => /["`]session["`]/.test(sql)).map((sql) => sql.slice(0, sql.indexOf(' ')))
}

async function stepUp({ service: { database, sessions }, clock }: TestServer, pair: TokenPair): Promise<void> {
  const proof = { amr: ['otp'], authenticatedAt: clock.now() } as const
  await database.transaction((tx) => sessions.raise(tx, claimsOf(pair.access).sid, proof))
}

const saidOf = ({ access, refresh }: TokenPair) => {
  const { amr, acr, auth_time, status, sid, user_id } = claimsOf(access)
  return { amr, acr, auth_time, status, sid, user_id, facts: claimsOf(refresh).facts }
}

for (const { kind, name } of databases()) {
  test(`a refresh on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const first: TokenPair = await join(s, 'ann')
    let pair = first
    const next = async () => {
      pair = await refresh(s, pair.refresh)
    }

    await t.test('is one statement, and its tokens say what those before said', async () => {
      await s.clock.advance(5)
      for (let round = 1; round <= 3; round++) assert.deepEqual(await statementsOf(t, s, next), ['update'])
      assert.deepEqual(saidOf(pair), saidOf(first))
    })

    await t.test('reads the row after a step-up, says what is new, and is one statement again', async () => {
      await stepUp(s, pair)
      assert.deepEqual(await statementsOf(t, s, next), ['update', 'select', 'update'])
      const { amr, acr, auth_time } = claimsOf(pair.access)
      assert.deepEqual({ amr, acr, auth_time }, { amr: ['pwd', 'otp'], acr: 'aal2', auth_time: s.clock.seconds() })
      assert.deepEqual(await statementsOf(t, s, next), ['update'])
      assert.deepEqual(claimsOf(pair.access).amr, ['pwd', 'otp'])
    })

    await t.test('with a token of the release before, which says nothing of the row, reads it', async () => {
      const before = saidOf(pair)
      const { facts: _, ...claims } = claimsOf(pair.refresh)
      pair = { ...pair, refresh: s.service.keys.sign(claims) }
      assert.deepEqual(await statementsOf(t, s, next), ['select', 'update'])
      assert.deepEqual(saidOf(pair), before)
    })

    await t.test('by a repeated token reads the row, and says what it says by now', async () => {
      const parent = pair
      await next()
      await stepUp(s, pair)
      const repeat = async () => {
        assert.equal((await refresh(s, parent.refresh)).refresh, pair.refresh)
      }
      assert.deepEqual(await statementsOf(t, s, repeat), ['update', 'select'])
      await next()
    })

    await t.test(
      'takes what it says of the session from nobody else, and asks the database nothing about it',
      async () => {
        const [header, payload, signature] = pair.refresh.split('.')
        const claims = JSON.parse(Buffer.from(payload as string, 'base64url').toString())
        claims.facts.amr = ['mfa']
        const altered = Buffer.from(JSON.stringify(claims)).toString('base64url')
        const show = async () =>
          expectTokenRefused(await s.post(paths.refresh, { refresh: `${header}.${altered}.${signature}` }))
        assert.deepEqual(await statementsOf(t, s, show), [])
      },
    )

    await t.test('takes no other signature for the one that was given out, and ends nothing for it', async () => {
      const [header, payload] = pair.refresh.split('.')
      const [, , otherSignature] = first.refresh.split('.')
      const show = async () =>
        expectTokenRefused(await s.post(paths.refresh, { refresh: `${header}.${payload}.${otherSignature}` }))
      assert.deepEqual(await statementsOf(t, s, show), ['update']) // which finds another text in the row
      assert.deepEqual(await statementsOf(t, s, next), ['update'])
    })

    await t.test('takes the same claims signed anew, which are another text, by their signature', async () => {
      pair = { ...pair, refresh: s.service.keys.sign(claimsOf(pair.refresh)) }
      assert.deepEqual(await statementsOf(t, s, next), ['update', 'select', 'update'])
    })
  })
}
