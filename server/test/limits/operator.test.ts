/** What an operator does for whoever must wait, and what is left of somebody who was erased. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from '../command-line.ts'
import { databases } from '../databases.ts'
import { expectTokens, register } from '../scenario.ts'
import {
  expectThrottled,
  FREE_PER_ACCOUNT,
  FREE_PER_PAIR,
  guess,
  guessUp,
  logIn,
  startBehindProxy,
} from './attempts.ts'

const ANN = 'ann@example.com'
const HOME = { address: '198.51.100.1' }
const SECRET_KEY = 'a secret key that only this test has'

for (const { kind, name } of databases()) {
  test(`users clear-limits ends the waits of one account, wherever they came from (${name})`, async (t) => {
    const s = await startBehindProxy(t, kind, { SECRET_KEY })
    for (const email of [ANN, 'bea@example.com']) await register(s, { email })
    for (let network = 1; network <= FREE_PER_ACCOUNT / FREE_PER_PAIR; network++) {
      await guessUp(s, ANN, FREE_PER_PAIR, { address: `203.0.113.${network}` })
    }
    await guessUp(s, 'bea@example.com', FREE_PER_PAIR, HOME)
    expectThrottled(await logIn(s, ANN, HOME), 30)
    const clear = () => runCommand(t, { DATABASE_URL: s.url, SECRET_KEY }, ['users', 'clear-limits', 'ANN@example.com'])
    assert.deepEqual(await clear(), { code: 0, signal: null, output: 'User 1 does not wait any more.\n' })
    expectTokens(await logIn(s, ANN, HOME))
    assert.equal((await guess(s, ANN, { address: '203.0.113.1' })).status, 401)
    expectThrottled(await guess(s, 'bea@example.com', HOME), 30)
    const events = await s.db.selectFrom('event').select(['type', 'user_id', 'actor_kind']).execute()
    const told = events.filter(({ type }) => type === 'limits.cleared')
    assert.deepEqual([told.length, told[0]?.user_id, told[0]?.actor_kind], [1, 1, 'system'])
  })

  test(`of an erased user no count is left, nor where they signed in (${name})`, async (t) => {
    const s = await startBehindProxy(t, kind)
    for (const email of [ANN, 'bea@example.com']) await register(s, { email })
    for (const email of [ANN, 'bea@example.com']) {
      await logIn(s, email, { ...HOME, headers: { 'sec-fetch-mode': 'cors' } })
      await guess(s, email, { address: '203.0.113.1' })
    }
    const accounts = async () => {
      const rows = await s.db.selectFrom('rate_bucket').select('account').distinct().execute()
      return rows.filter(({ account }) => account !== null).length
    }
    assert.equal(await accounts(), 2)
    await s.service.lifecycle.erase(1)
    assert.equal(await accounts(), 1)
  })
}

test('when nothing was counted, the command says so', async (t) => {
  const s = await startBehindProxy(t, 'sqlite', { SECRET_KEY })
  await register(s, { email: ANN })
  const run = (who: string) => runCommand(t, { DATABASE_URL: s.url, SECRET_KEY }, ['users', 'clear-limits', who])
  assert.equal((await run('1')).output, 'User 1 does not wait any more.\n') // the registration was counted
  assert.equal((await run('1')).output, 'Nothing was counted against user 1.\n')
  assert.notEqual((await run('nobody@example.com')).code, 0)
})
