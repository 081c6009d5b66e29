/**
 * The time of a refused login tells nothing: not whether there is such a user, nor in which state. Measured with the real
 * cost of a hash, one of each kind in turn, so that whatever else the machine does falls on all kinds alike.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { djangoHash, expectWrongCredentials, join, paths, register, signIn, storeHash } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const SAMPLES = 30
const MOST_APART = 1.5 // a hash more or less is twice as long and longer; a busy machine made it 1.2
const REAL_COST = { ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2' }
const UNUSABLE = '!zhX0stY87wmP3yzkLolQf5A7FPHWKuzaFNOm6f8M'

test('a refused login takes the same time', async (t) => {
  const s = await startServer(t, { environment: REAL_COST })
  const [disabled, erased, unusable, unknownHash] = await Promise.all(
    ['disabled', 'erased', 'unusable', 'unknown-hash'].map((name) => join(s, name)),
  )
  assert.ok(disabled && erased && unusable && unknownHash)
  await register(s, { email: 'ann@example.com' })
  await s.service.lifecycle.disable(disabled.id)
  await s.service.lifecycle.erase(erased.id)
  await storeHash(s, unusable.id, UNUSABLE)
  await storeHash(s, unknownHash.id, 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99')

  const kinds: readonly (readonly [title: string, email: string, password: string])[] = [
    ['with a wrong password', 'ann@example.com', 'a wrong password'],
    ['of an unknown user', 'nobody@example.com', 'a wrong password'],
    ['of a disabled user with the right password', disabled.email, disabled.password],
    ['of an erased user', erased.email, erased.password],
    ['of a user without a password', unusable.email, 'a wrong password'],
    ['of a user whose hash nobody can check', unknownHash.email, 'a wrong password'],
  ]
  const medians = await measure(
    s,
    kinds.map(([, email, password]) => ({ email, password })),
  )
  const [, ...others] = kinds.map(([title], index) => [title, medians[index] ?? 0] as const)
  const [wrong = 0] = medians
  assert.ok(wrong > 10, `a wrong password takes ${wrong} ms: no hash is that cheap`)
  for (const [title, median] of others) {
    await t.test(title, () => {
      assert.ok(apart(median, wrong) < MOST_APART, `${median} ms, and with a wrong password ${wrong} ms`)
    })
  }
})

/** Far from our cheap hashes in time, on any machine. */
const DJANGO_ITERATIONS = 400_000
const USERS = 8
const STRANGERS = 24
const FEW = 3 // of these may be held up by the machine; by chance a half would be

test('while hashes from Django are left, unknown users are spread over the times as known ones are', async (t) => {
  const s = await startServer(t)
  const people = await Promise.all(Array.from({ length: USERS }, (_, number) => join(s, `known${number}`)))
  const djangoUsers = people.slice(0, USERS / 2)
  const hash = djangoHash('from Django', DJANGO_ITERATIONS)
  for (const { id } of djangoUsers) await storeHash(s, id, hash)
  const strangers = Array.from({ length: STRANGERS }, (_, number) => `stranger${number}@example.com`)
  const one = await startServer(t, { url: s.url })
  const known = await refusedInTurn(
    one,
    people.map(({ email }) => email),
  )
  const border = Math.sqrt(Math.min(...known) * Math.max(...known))
  const areSlow = async (server: TestServer) => (await refusedInTurn(server, strangers)).map((time) => time > border)
  const first = await areSlow(one)

  await t.test('known users have two times', () => {
    assert.deepEqual(
      known.map((time) => time > border),
      people.map((person) => djangoUsers.includes(person)),
    )
  })

  await t.test('about as many unknown users have each of them', () => {
    const slow = first.filter(Boolean).length
    assert.ok(slow > STRANGERS / 4 && slow < (STRANGERS * 3) / 4, `${slow} of ${STRANGERS} are slow`)
  })

  const other = await startServer(t, { url: s.url })
  await t.test('and each unknown user always the same one, after a restart too', async () => {
    const second = await areSlow(other)
    const differing = first.filter((isSlow, index) => isSlow !== second[index]).length
    assert.ok(differing <= FEW, `${differing} of ${STRANGERS} had another time`)
  })

  await t.test('when the last of those hashes was replaced at a login, nobody is slow', async () => {
    for (const { email } of djangoUsers) await signIn(other, email, 'from Django')
    await other.clock.advance(61)
    await refusedInTurn(other, strangers.slice(0, 1)) // counts again beside it
    const slow = (await areSlow(other)).filter(Boolean).length
    assert.ok(slow <= FEW, `${slow} of ${STRANGERS} are slow`)
  })
})

type Attempt = { email: string; password: string }

/** @returns the median of each attempt in milliseconds */
async function measure(s: TestServer, attempts: readonly Attempt[]): Promise<number[]> {
  const times: number[][] = attempts.map(() => [])
  for (let round = 0; round <= SAMPLES; round++) {
    for (const [index, attempt] of attempts.entries()) {
      const milliseconds = await refusedIn(s, attempt)
      if (round > 0) times[index]?.push(milliseconds) // the first round warms up
    }
  }
  return times.map(median)
}

/**
 * How long each of these addresses takes to be refused, one after the other: the time of the processor, which is the same
 * however busy the machine is. The service runs in this process.
 */
async function refusedInTurn(s: TestServer, emails: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const email of emails) {
    const before = process.cpuUsage()
    await refusedIn(s, { email, password: 'a wrong password' })
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return times
}

async function refusedIn(s: TestServer, attempt: Attempt): Promise<number> {
  const answer = await s.post(paths.login, attempt)
  expectWrongCredentials(answer)
  return answer.milliseconds
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

function apart(a: number, b: number): number {
  return Math.max(a, b) / Math.min(a, b)
}
