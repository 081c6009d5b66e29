/** The time of a refused login tells nothing: not whether there is such a user, nor in which state. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { expectSameTime, FEW as FEW_PAIRS } from '../same-time.ts'
import { djangoHash, expectWrongCredentials, join, PASSWORD, paths, register, signIn, storeHash } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const UNUSABLE = '!zhX0stY87wmP3yzkLolQf5A7FPHWKuzaFNOm6f8M'

// With cheap hashes, so that a commit more or less shows beside one.
for (const { kind, name } of databases())
  test(`a refused login takes the same time (${name})`, async (t) => {
    const s = await startServer(t, { kind })
    const names = ['disabled', 'awaiting', 'erased', 'unusable', 'unknown-hash']
    const [disabled, awaiting, erased, unusable, unknownHash] = await Promise.all(names.map((name) => join(s, name)))
    assert.ok(disabled && awaiting && erased && unusable && unknownHash)
    await register(s, { email: 'ann@example.com' })
    await s.service.lifecycle.disable(disabled.id)
    await s.db.updateTable('user').set({ awaits_proof_since: s.clock.now() }).where('id', '=', awaiting.id).execute()
    await s.service.lifecycle.erase(erased.id)
    await storeHash(s, unusable.id, UNUSABLE)
    await storeHash(s, unknownHash.id, 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99')

    const logIn = (email: string, password: string) => () => s.post(paths.login, { email, password })
    const wrong = 'a wrong password'
    await expectSameTime(
      t,
      401,
      () => ({
        'with a wrong password': logIn('ann@example.com', wrong),
        'of an unknown user': logIn('nobody@example.com', wrong),
        'of a disabled user with the right password': logIn(disabled.email, PASSWORD),
        'of one who must prove the address first, with the right password': logIn(awaiting.email, PASSWORD),
        'of an erased user': logIn(erased.email, PASSWORD),
        'of a user without a password': logIn(unusable.email, wrong),
        'of a user whose hash nobody can check': logIn(unknownHash.email, wrong),
      }),
      kind === 'sqlite' ? undefined : FEW_PAIRS,
    )
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
  const emails = people.map(({ email }) => email)
  const rounds = [await refusedInTurn(one, emails), await refusedInTurn(one, emails), await refusedInTurn(one, emails)]
  // The shortest of three: whatever else the machine does only adds to it.
  const known = people.map((_, index) => Math.min(...rounds.map((times) => times[index] as number)))
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

/**
 * How long each of these addresses takes to be refused, one after the other: the time of the processor, which is the same
 * however busy the machine is. The service runs in this process.
 */
async function refusedInTurn(s: TestServer, emails: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const email of emails) {
    const before = process.cpuUsage()
    expectWrongCredentials(await s.post(paths.login, { email, password: 'a wrong password' }))
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return times
}
