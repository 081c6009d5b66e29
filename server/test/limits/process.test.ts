/** Limits as an operator has them: a real process with the settings that it comes with. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { startProcess } from '../start-process.ts'
import { FREE_PER_ACCOUNT, guess, guessUp, statusesOf } from './attempts.ts'

const SECRET_KEY = 'a secret key that only this test has'

test('limits are on, and the start says whom they count as many', async (t) => {
  const s = await startProcess(t, { environment: { LIMITS: undefined } })
  const line = s.logs.find(({ msg }) => msg.startsWith('limits: '))
  assert.equal(line?.level, 'info')
  assert.match(line.msg, /private address .* TRUST_PROXY$/)
  await guessUp(s, 'ann@example.com', FREE_PER_ACCOUNT)
  const { status, headers } = await guess(s, 'ann@example.com')
  assert.equal(status, 429)
  const refused = await eventually('it is in the log', () =>
    s.logs.find(({ refusal }) => refusal !== 'wrong-credentials' && refusal),
  )
  assert.deepEqual([refused.refusal, refused.requestId], ['too-many-requests', headers['x-request-id']])
})

test('LIMITS=off is warned of, and says nothing of networks', async (t) => {
  const s = await startProcess(t, { environment: { LIMITS: 'off' } })
  assert.equal(s.logs.find(({ msg }) => msg.startsWith('LIMITS=off'))?.level, 'warn')
  assert.equal(
    s.logs.find(({ msg }) => msg.startsWith('limits: ')),
    undefined,
  )
})

for (const { kind, name } of databases()) {
  test(`several processes on ${name} count together, also 50 at once`, async (t) => {
    const { url: DATABASE_URL } = await freshDatabase(t, kind)
    const environment = { DATABASE_URL, SECRET_KEY, WORKERS: '2', LIMITS: 'on' }
    const s = await startProcess(t, { environment })
    const answers = await Promise.all(Array.from({ length: 50 }, () => guess(s, 'ann@example.com')))
    assert.deepEqual(statusesOf(answers), { 401: FREE_PER_ACCOUNT, 429: 50 - FREE_PER_ACCOUNT })
    const { status, headers } = await guess(s, 'ann@example.com')
    assert.equal(status, 429)
    assert.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 30)
  })
}
