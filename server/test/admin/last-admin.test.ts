/** The last one who may do everything goes by another way than the admin API, which lets nobody act on themselves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer } from '../account/factors.ts'
import { signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { joinAs, type Operator } from './operators.ts'

const warnings = ({ logs }: TestServer) =>
  logs.filter(({ level, message }) => level === 'warn' && message.startsWith('nobody is left who may do everything'))

const ways: Readonly<Record<string, (s: TestServer, last: Operator) => Promise<unknown>>> = {
  'disabled at the shell': ({ service }, { id }) => service.lifecycle.disable(id),
  'erased at the shell': ({ service }, { id }) => service.lifecycle.erase(id),
  'whose role the shell takes': ({ service }, { id: userId }) =>
    service.lifecycle.changeRole({ userId, role: 'admin', isGranted: false }),
  'who deletes the account': async (s, last) => {
    const answer = await s.ask({ method: 'DELETE', path: '/api/account', headers: bearer(last) })
    assert.equal(answer.status, 202, answer.text)
    await s.clock.advance(8 * 86_400)
    assert.equal(await s.service.lifecycle.eraseDue(), 1)
  },
}

for (const [way, leave] of Object.entries(ways)) {
  test(`the last admin ${way} is let go, and the log says so`, async (t) => {
    const s = await startServer(t)
    const [ann, bob, eve] = [
      await joinAs(s, 'ann', ['admin']),
      await joinAs(s, 'bob', ['admin']),
      await joinAs(s, 'eve', ['operator']),
    ]
    for (const one of [eve, bob, ann]) {
      assert.deepEqual(warnings(s), [], 'there is another one')
      await leave(s, { ...one, ...(await signIn(s, one.email)) })
    }
    assert.deepEqual(
      warnings(s).map(({ fields }) => fields.userId),
      [ann.id],
    )
  })
}
