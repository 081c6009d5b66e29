/** Many logins at once: few are hashed at a time, few wait, the others are told when to come back; nobody else notices. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchHashes } from '../hashes-at-once.ts'
import { expectProblem, expectTokens, isGood, join, PASSWORD, paths, refresh } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const AT_ONCE = 30
const REAL_COST = { ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2' }

test('with HASH_QUEUE=2', async (t) => {
  const s = await startServer(t, { clock: 'running', environment: { ...REAL_COST, HASH_QUEUE: '2' } })
  const ann = await join(s, 'ann')
  const hashes = watchHashes()
  t.after(hashes.stop)
  const answers = await Promise.all(logInOften(s, ann.email))
  const isIn = answers.filter(({ status }) => status === 200)
  const others = answers.filter(({ status }) => status !== 200)

  await t.test('one login is hashed and two wait, of those that come at the same moment', () => {
    assert.ok(isIn.length >= 3 && others.length >= AT_ONCE / 2, `${isIn.length} came in, ${others.length} did not`)
    for (const answer of isIn) expectTokens(answer)
    assert.equal(hashes.peak(), 1) // a core, since nothing else was said: process/hashes.test.ts
  })

  await t.test('all others are told at once that it is too busy, and when to come back', () => {
    const slowest = Math.max(...isIn.map(({ milliseconds }) => milliseconds))
    for (const answer of others) {
      expectProblem(answer, 503, 'too-busy')
      assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/)
      assert.ok(answer.milliseconds < slowest, 'it waited for a place')
    }
  })

  await t.test('unknown users are told the same: the queue does not tell who exists', async () => {
    const strangers = await Promise.all(logInOften(s, 'nobody@example.com'))
    const refused = strangers.filter(({ status }) => status === 503)
    assert.ok(refused.length >= AT_ONCE / 2)
    for (const answer of refused) expectProblem(answer, 503, 'too-busy')
  })

  await t.test('afterwards everybody comes in again', async () => {
    expectTokens(await s.post(paths.login, { email: ann.email, password: PASSWORD }))
  })
})

test('while 30 logins wait for their hashes', async (t) => {
  const s = await startServer(t, { environment: REAL_COST })
  const ann = await join(s, 'ann')
  const { milliseconds: hashMs } = await s.post(paths.login, { email: ann.email, password: 'a wrong password' })
  const logins = logInOften(s, ann.email)
  let isDone = false
  const done = Promise.all(logins).finally(() => {
    isDone = true
  })
  const times: number[] = []
  let { refresh: token } = ann
  while (!isDone) {
    const startedAt = performance.now()
    assert.equal(await isGood(s, ann.access), true)
    times.push(performance.now() - startedAt)
    token = (await refresh(s, token)).refresh
  }

  await t.test('all of them come in', async () => {
    for (const answer of await done) expectTokens(answer)
  })

  await t.test('tokens are verified at once: a hash never holds up the process', () => {
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
    assert.ok(times.length > AT_ONCE, `only ${times.length} were verified meanwhile`)
    assert.ok(median < hashMs / 3, `it took ${median} ms, a hash takes ${hashMs} ms`)
  })
})

function logInOften(s: TestServer, email: string) {
  return Array.from({ length: AT_ONCE }, () => s.post(paths.login, { email, password: PASSWORD }))
}
