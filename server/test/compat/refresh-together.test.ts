/** Refreshes of many sessions at once: they are written together, and each is decided by itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { CompiledQuery } from 'kysely'
import { databases } from '../databases.ts'
import {
  claimsOf,
  expectProblem,
  expectTokenRefused,
  expectTokens,
  isGood,
  join,
  paths,
  refresh,
  signIn,
  type TokenPair,
} from '../scenario.ts'
import { type Answer, startServer } from '../start-server.ts'

const SESSIONS = 40

for (const { kind, name } of databases()) {
  test(`refreshes at once on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { email } = await join(s, 'ann')
    const pairs: TokenPair[] = []
    for (let count = 0; count < SESSIONS; count++) pairs.push(await signIn(s, email))
    const tokens = () => pairs.map((pair) => pair.refresh)
    const refreshAll = async () => {
      const after = await Promise.all(tokens().map((token) => refresh(s, token)))
      pairs.splice(0, SESSIONS, ...after)
      return after
    }
    const answerOf = (token: string) => s.post(paths.refresh, { refresh: token })
    const sessionOf = (token: string) => claimsOf(token).sid
    /** How many updates of sessions the service asks for while `work` goes on, and what it answers. */
    async function updatesDuring<T>(work: () => Promise<T>): Promise<{ updates: number; answer: T }> {
      const asked = t.mock.method(s.db.getExecutor(), 'executeQuery')
      const answer = await work()
      const updates = asked.mock.calls.filter(({ arguments: [{ sql }] }) => /^update ["`]session["`]/.test(sql))
      asked.mock.restore()
      return { updates: updates.length, answer }
    }

    await t.test('get each session its own successor', async () => {
      const before = tokens()
      const answer = await refreshAll()
      assert.deepEqual(
        answer.map((pair) => [sessionOf(pair.refresh), sessionOf(pair.access)]),
        before.map((token) => [sessionOf(token), sessionOf(token)]),
      )
      assert.equal(new Set(answer.map((pair) => pair.refresh)).size, SESSIONS)
      for (const { access } of answer) assert.equal(await isGood(s, access), true)
      await refreshAll()
    })

    await t.test('of one alone is one statement', async () => {
      const [first] = pairs as [TokenPair]
      const { updates, answer } = await updatesDuring(() => refresh(s, first.refresh))
      assert.equal(updates, 1)
      pairs[0] = answer
    })

    await t.test('of one token get one successor, and those of others theirs', async () => {
      const [mine, ...others] = tokens()
      const repeated = Array.from({ length: 20 }, () => mine as string)
      const shuffled = [...repeated, ...others].toSorted(() => Math.random() - 0.5)
      const answers = await Promise.all(shuffled.map(async (token) => [token, await refresh(s, token)] as const))
      const successors = new Map(answers.map(([token, pair]) => [token, pair]))
      assert.equal(new Set(answers.map(([, pair]) => pair.refresh)).size, SESSIONS, 'one of each session')
      for (const [token, pair] of answers) assert.equal(sessionOf(pair.refresh), sessionOf(token))
      pairs.splice(0, SESSIONS, ...tokens().map((token) => successors.get(token) as TokenPair))
      await refreshAll()
    })

    await t.test('with a reuse among them end its session and no other', async () => {
      const [stolen = '', ...others] = tokens()
      await refresh(s, (await refresh(s, stolen)).refresh) // now it is a grandparent
      const [reuse, ...answers] = await Promise.all([stolen, ...others].map(answerOf))
      expectTokenRefused(reuse as Answer, 'Token is blacklisted')
      assert.deepEqual(
        answers.map(({ status }) => status),
        others.map(() => 200),
      )
      pairs[0] = await signIn(s, email)
      pairs.splice(1, SESSIONS - 1, ...answers.map(({ json }) => json as TokenPair))
      await refreshAll()
    })

    await t.test('with an old and the current token of one session rotate for the current one alone', async () => {
      const [old = '', ...others] = tokens()
      const current = (await refresh(s, (await refresh(s, old)).refresh)).refresh
      const [first, second, ...answers] = await Promise.all([old, current, ...others].map(answerOf))
      expectTokenRefused(first as Answer, 'Token is blacklisted')
      for (const token of [current, ...(second?.status === 200 ? [(second.json as TokenPair).refresh] : [])])
        assert.equal(await isGood(s, token), false, 'the reuse has ended the session')
      assert.ok(answers.every(({ status }) => status === 200))
      pairs[0] = await signIn(s, email)
      pairs.splice(1, SESSIONS - 1, ...answers.map(({ json }) => json as TokenPair))
    })

    if (kind === 'sqlite') return // there nobody holds a row, and a statement is over before this process, whose the client is, asks again

    await t.test('are fewer statements than sessions', async () => {
      const { updates } = await updatesDuring(refreshAll)
      assert.ok(updates < SESSIONS / 2, `${updates} statements`)
    })

    const hold = (token: string, work: () => Promise<void>) =>
      s.service.database.transaction(async (tx) => {
        await tx.selectFrom('session').select('id').where('id', '=', sessionOf(token)).forUpdate().execute()
        await work()
      })

    await t.test('do not wait for one whose row somebody holds, however often it is asked for', async () => {
      const [held = '', ...others] = tokens()
      let answers: Promise<Answer[]> | undefined
      await hold(held, async () => {
        let isAnswered = false
        answers = Promise.all(Array.from({ length: 20 }, () => answerOf(held)))
        void answers.then(() => {
          isAnswered = true
        })
        await wait(100)
        const started = performance.now()
        const all = await Promise.all(others.map((token) => refresh(s, token)))
        assert.ok(performance.now() - started < 1500)
        pairs.splice(1, SESSIONS - 1, ...all)
        assert.equal(isAnswered, false)
      })
      const successors = new Set((await answers)?.map((answer) => expectTokens(answer).refresh))
      assert.equal(successors.size, 1)
      pairs[0] = { access: '', refresh: [...successors].join() }
      await refreshAll()
    })

    await t.test('that waited too long for a row are over before they may be asked again in vain', async () => {
      const [held = '', ...others] = tokens()
      await hold(held, async () => {
        const asked = [held, ...others.slice(0, 5)].map(answerOf)
        const started = performance.now()
        const [first, ...rest] = await Promise.all(asked)
        assert.ok(performance.now() - started < 9000, 'within the grace window')
        expectProblem(first as Answer, 503, 'database-unavailable')
        assert.ok(rest.every(({ status }) => status === 200 || status === 503))
      })
      await wait(200)
      await refreshAll() // what was committed is repeated, what was not is rotated
      await refreshAll()
    })

    await t.test('end with those that were in the statement that failed, and the next ones go on', async () => {
      const executor = s.db.getExecutor()
      const real = executor.executeQuery.bind(executor)
      let failures = 0
      const failing = t.mock.method(executor, 'executeQuery', (async (query: CompiledQuery) => {
        if (failures > 0 || !/^update ["`]session["`]/.test(query.sql)) return real(query)
        failures++
        throw new Error('a statement that fails')
      }) as typeof executor.executeQuery)
      const answers = await Promise.all(tokens().map(answerOf))
      failing.mock.restore()
      const failed = answers.filter(({ status }) => status === 500)
      assert.ok(failed.length >= 1 && failed.length <= 16, `${failed.length} in one statement`)
      assert.equal(answers.filter(({ status }) => status === 200).length, SESSIONS - failed.length)
      await refreshAll()
    })

    await t.test('by two services of the same tokens get the same successors, and end nothing', async (t) => {
      const other = await startServer(t, { kind, url: s.url, clock: s.clock })
      const [here, there] = await Promise.all(
        [s, other].map((at) => Promise.all(tokens().map(async (token) => (await refresh(at, token)).refresh))),
      )
      assert.deepEqual(here, there)
      pairs.splice(0, SESSIONS, ...(here as string[]).map((refresh) => ({ access: '', refresh })))
      await refreshAll()
    })

    await t.test('know that they won when another service gave the successor out and it was used', async (t) => {
      const other = await startServer(t, { kind, url: s.url, clock: s.clock })
      const [mine = '', lost = '', ...others] = tokens()
      const lostNext = await refresh(other, lost) // so that the statement rotates some of its sessions and not all
      const executor = s.db.getExecutor()
      const real = executor.executeQuery.bind(executor)
      let used: TokenPair | undefined
      const late = t.mock.method(executor, 'executeQuery', (async (query: CompiledQuery) => {
        if (/^select ["`]current_token_id["`], ["`]parent_token_id["`]/.test(query.sql) && !used)
          used = await refresh(other, (await refresh(other, mine)).refresh)
        return real(query)
      }) as typeof executor.executeQuery)
      const answers = await Promise.all([mine, lost].map(answerOf))
      late.mock.restore()
      assert.ok(used, 'the rows were read')
      for (const answer of answers) expectTokens(answer)
      assert.equal(await isGood(s, used.refresh), true)
      pairs.splice(0, 2, used, lostNext)
      assert.equal(others.length, SESSIONS - 2)
      await refreshAll()
    })
  })
}
