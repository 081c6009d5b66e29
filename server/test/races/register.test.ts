/** Many registrations of one address at the same moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { countRows, expectJson, PASSWORD, paths, signIn } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const AT_ONCE = 50
const TAKEN = { email: ['custom user with this email already exists.'] }

/** One address in as many spellings as there are. */
const spellings: readonly [title: string, variants: readonly string[]][] = [
  ['one address', ['ann@example.com']],
  ['one address in other cases', ['bob@example.com', 'BOB@EXAMPLE.COM', 'Bob@Example.com', 'bob@EXAMPLE.com']],
  [
    'one address as people read it and as DNS does',
    ['joe@exämple.com', 'joe@xn--exmple-cua.com', 'Joe@XN--Exmple-CUA.com'],
  ],
  ['one address in other compositions', ['eve@exämple.com', 'eve@exa\u0308mple.com', 'EVE@EXÄMPLE.COM']],
]

for (const { kind, name } of databases()) {
  test(`${AT_ONCE} registrations at once, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    for (const [title, variants] of spellings) {
      await t.test(`of ${title} make one user`, async () => {
        const before = await countRows(s)
        const emails = Array.from({ length: AT_ONCE }, (_, number) => variants[number % variants.length] ?? '')
        const people = emails.map((email) => ({ email, password: PASSWORD }))
        const answers = await Promise.all(people.map((person) => s.post(paths.register, person)))
        const refused = answers.filter(({ status }) => status !== 201)
        assert.equal(refused.length, AT_ONCE - 1)
        for (const answer of refused) expectJson(answer, 400, TAKEN)
        assert.deepEqual(await countRows(s), { ...before, user: before.user + 1, password: before.password + 1 })
        for (const email of variants) await signIn(s, email)
      })
    }
  })
}
