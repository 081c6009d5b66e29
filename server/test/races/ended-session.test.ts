/** What somebody asked for in a session that is ended meanwhile is not done: the session is looked at again where it is done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { bearer } from '../account/factors.ts'
import { latest } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { join, PASSWORD, type Person } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'

const NEXT = 'four green pears'

type Change = [
  title: string,
  ask: (s: TestServer, ann: Person, proof: { email: string; code: string }) => Promise<Answer>,
]

const changes: Change[] = [
  [
    'the password by the old one',
    (s, ann) => s.post('/api/account/password', { old_password: PASSWORD, password: NEXT }, bearer(ann)),
  ],
  ['the password by a fresh proof', (s, ann) => s.post('/api/account/password', { password: NEXT }, bearer(ann))],
  ['the address', (s, ann, proof) => s.post('/api/account/email/confirm', proof, bearer(ann))],
  [
    'the name',
    (s, ann) => s.ask({ method: 'PATCH', path: '/api/account', body: { first_name: 'Eve' }, headers: bearer(ann) }),
  ],
  ['the account, by a deletion', (s, ann) => s.ask({ method: 'DELETE', path: '/api/account', headers: bearer(ann) })],
]

for (const { kind, name } of databases()) {
  test(`what is under way in a session that ends changes nothing: neither ${changes.map(([title]) => title).join(', nor ')} (${name})`, async (t) => {
    const s = await startServer(t, { kind })
    for (const [index, [title, ask]] of changes.entries()) {
      const ann = await join(s, `ann-${index}`)
      const email = `next-${index}@example.com`
      assert.equal((await s.post('/api/account/email', { email }, bearer(ann))).status, 202)
      const { code } = await latest(s, email, 'change-address')
      const before = await rowsOf(s, ann)
      const { status, text } = await whileEnding(s, ann, () => ask(s, ann, { email, code }))
      assert.equal(status, 401, `${title}: ${text}`)
      assert.deepEqual(await rowsOf(s, ann), before, title)
    }
  })
}

const UNDER_WAY_MS = 300

/**
 * Ends the sessions of a user while a request waits for the user's row. This process is not told of it, as it would be within a
 * second: whoever comes later than that passes the door too.
 */
async function whileEnding(s: TestServer, { id }: Person, ask: () => Promise<Answer>): Promise<Answer> {
  const { database, sessions } = s.service
  const { answer } = await database.transaction(async (tx) => {
    await tx.updateTable('user').set({ disabled_at: null }).where('id', '=', id).execute() // holds it
    const answer = ask()
    await wait(UNDER_WAY_MS)
    await sessions.endAllOf(tx, id, 'all-ended-by-operator')
    return { answer }
  })
  return answer
}

async function rowsOf({ db }: TestServer, { id }: Person) {
  const columns = ['email', 'first_name', 'sessions_ended_at'] as const
  return {
    user: await db.selectFrom('user').select(columns).where('id', '=', id).execute(),
    password: await db.selectFrom('password').selectAll().where('user_id', '=', id).execute(),
    deletion: await db.selectFrom('account_deletion').selectAll().where('user_id', '=', id).execute(),
  }
}
