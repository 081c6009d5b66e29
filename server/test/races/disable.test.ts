/** Disabling and erasing a user beside requests of that user: nothing that comes in meanwhile stays open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { isGood, join, type Person, paths } from '../scenario.ts'
import { type Answer, startServer } from '../start-server.ts'

const ROUNDS = 12
const AT_ONCE = 4

for (const { kind, name } of databases()) {
  test(`a user who is disabled or erased at the same moment, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
    const { lifecycle } = s.service

    const requests: readonly [title: string, ask: (ann: Person) => Promise<Answer>][] = [
      ['logins', ({ email, password }) => s.post(paths.login, { email, password })],
      ['refreshes', ({ refresh }) => s.post(paths.refresh, { refresh })],
      ['refreshes of old tokens', ({ id }) => s.post(paths.refresh, { refresh: signOld(oldClaims(s, id, 'refresh')) })],
    ]
    for (const [title, ask] of requests) {
      for (const end of ['disable', 'erase'] as const) {
        await t.test(`${title} beside ${end} leave no open session, and no token that is good`, async (t) => {
          const rounds = Array.from({ length: ROUNDS }, (_, round) =>
            join(s, `${end}${round}-${title.replaceAll(' ', '-')}`),
          )
          const people = await Promise.all(rounds)
          await s.clock.advance(3000)
          const handedOut: string[] = []
          for (const [round, ann] of people.entries()) {
            const asked = Array.from({ length: AT_ONCE }, () => ask(ann))
            await untilAnswered(asked, round % AT_ONCE)
            const [isEnded, ...answers] = await Promise.all([lifecycle[end](ann.id), ...asked])
            assert.equal(isEnded, true)
            for (const { status, json, text } of answers) {
              assert.ok(status === 200 || status === 401, text)
              if (status === 200) handedOut.push(...Object.values(json as Record<string, string>))
            }
            assert.deepEqual(await openSessionsOf(ann.id), [])
          }
          assert.ok(handedOut.length > 0, 'no request was ever first')
          for (const token of handedOut) assert.equal(await isGood(s, token), false)
          await s.clock.advance(1000) // what was given out first has expired by itself, what was given out last has not
          const other = await startServer(t, { kind, url: s.url, clock: s.clock })
          for (const token of handedOut) assert.equal(await isGood(other, token), false)
        })
      }
    }

    function openSessionsOf(userId: number): Promise<unknown[]> {
      return s.db
        .selectFrom('session')
        .select('id')
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .execute()
    }
  })
}

/** Resolves when so many of the requests have been answered. */
async function untilAnswered(asked: readonly Promise<Answer>[], count: number): Promise<void> {
  let answered = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const note = () => {
    if (++answered >= count) resolve()
  }
  for (const one of asked) one.then(note, note)
  if (count > 0) await promise
}
