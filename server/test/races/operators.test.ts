/** Operators who act on each other, and on roles, at the same moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinAs, type Operator } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { claimsOf, join, type Person } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const ROUNDS = 6

type Act = (who: Operator, on: Operator) => ReturnType<Operator['ask']>
const disable: Act = (who, on) => who.ask('POST', `/api/admin/users/${on.id}/disable`)
const erase: Act = (who, on) => who.ask('DELETE', `/api/admin/users/${on.id}`)
const demote: Act = (who, on) => who.ask('DELETE', `/api/admin/users/${on.id}/roles/admin`)

const pairs: readonly [title: string, one: Act, other: Act][] = [
  ['disable', disable, disable],
  ['erase', erase, erase],
  ['take the role from', demote, demote],
  ['disable and erase', disable, erase],
  ['disable and take the role from', disable, demote],
  ['erase and take the role from', erase, demote],
]

/** As whoever does it holds the row of the user. */
const stops: readonly [how: string, stop: (tx: TestServer['db'], userId: number) => Promise<unknown>][] = [
  ['disabled', (tx, id) => tx.updateTable('user').set({ disabled_at: 1 }).where('id', '=', id).execute()],
  [
    'demoted',
    async (tx, id) => {
      await tx.updateTable('user').set({ disabled_at: null }).where('id', '=', id).execute()
      await tx.deleteFrom('user_role').where('user_id', '=', id).execute()
    },
  ],
]

/** What operators change, of all but this one. */
async function changedBut({ db, service }: TestServer, operatorId: number) {
  const users = db.selectFrom('user').select(['id', 'disabled_at']).where('id', '!=', operatorId).orderBy('id')
  const ended = db.selectFrom('session').select('id').where('ended_at', 'is not', null).orderBy('id')
  return { users: await users.execute(), ended: await ended.execute(), roles: await service.roles.list() }
}

const CHIEF = ['roles:write', 'sessions:end', 'users:write', 'orders:read']

const acts: readonly [what: string, act: (who: Operator, on: Person) => ReturnType<Operator['ask']>][] = [
  [
    'make a user',
    (who, on) => who.ask('POST', '/api/admin/users', { email: `new-${on.email}`, password: on.password }),
  ],
  ['define a role', (who) => who.ask('PUT', '/api/admin/roles/packer', { permissions: ['orders:read'] })],
  ['change a role', (who) => who.ask('PUT', '/api/admin/roles/clerk', { permissions: ['orders:read', 'roles:write'] })],
  ['remove a role', (who) => who.ask('DELETE', '/api/admin/roles/clerk')],
  ['end a session', (who, on) => who.ask('DELETE', `/api/admin/users/${on.id}/sessions/${claimsOf(on.access).sid}`)],
  ['disable somebody', (who, on) => who.ask('POST', `/api/admin/users/${on.id}/disable`)],
]

for (const { kind, name } of databases()) {
  test(`two admins who act on each other at once, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    for (const [number, [title, one, other]] of pairs.entries()) {
      await t.test(`to ${title} each other: one of them wins, and stays`, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const ann = await joinAs(s, `ann${number}-${round}`, ['admin'])
          const bob = await joinAs(s, `bob${number}-${round}`, ['admin'])
          const answers = await Promise.all([one(ann, bob), other(bob, ann)])
          const said = answers.map(({ status, text }) => `${status} ${text}`).join('\n')
          assert.equal(answers.filter(({ status }) => status < 300).length, 1, said)
          assert.ok(
            answers.some(({ status }) => [401, 403].includes(status)),
            said,
          )
          const left = await enabledAdmins(s)
          assert.equal(left.length, 1, said)
          for (const userId of left) await s.service.lifecycle.changeRole({ userId, role: 'admin', isGranted: false })
        }
      })
    }
  })

  test(`an operator who is disabled or demoted while they act, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { lifecycle } = s.service
    await lifecycle.defineRole({ name: 'clerk', permissions: ['orders:read'] })
    await lifecycle.defineRole({ name: 'chief', permissions: [...CHIEF] })
    let people = 0
    for (const [how, stop] of stops) {
      for (const [what, act] of acts) {
        await t.test(`does not ${what} any more once ${how}`, async () => {
          const operator = await joinAs(s, `operator${++people}`, ['chief'])
          const ann = await join(s, `ann${people}`)
          let asked: ReturnType<Operator['ask']> | undefined
          const before = await changedBut(s, operator.id)
          await s.service.database.transaction(async (tx) => {
            await stop(tx, operator.id)
            asked ??= act(operator, ann)
            await new Promise((resolve) => setTimeout(resolve, 300)) // time enough for an act that does not wait
          })
          const answer = await asked
          assert.equal(answer?.status, 403, answer?.text ?? '')
          assert.deepEqual(await changedBut(s, operator.id), before)
        })
      }
    }
  })

  test(`a role that is given while it is removed, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { database, lifecycle, roles } = s.service
    const clerk = { name: 'clerk', permissions: ['orders:read'] }
    const ann = await join(s, 'ann')
    const holders = () => s.db.selectFrom('user_role').select('user_id').where('role', '=', 'clerk').execute()

    await t.test('is nobody’s afterwards', async () => {
      await lifecycle.defineRole(clerk)
      let removal: Promise<void> | undefined
      await database.transaction(async (tx) => {
        await roles.grant(tx, { kind: 'operator-shell' }, ann.id, 'clerk')
        removal ??= lifecycle.removeRole('clerk')
        await new Promise((resolve) => setTimeout(resolve, 300)) // time enough for a removal that does not wait
      })
      await removal
      assert.deepEqual(await holders(), [])
      assert.deepEqual(await s.service.roles.rolesOf(ann.id), [])
    })

    await t.test('and many who give and remove it at once leave none who has what is not there', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await lifecycle.defineRole(clerk)
        const people = await Promise.all([0, 1, 2].map((index) => join(s, `p${round}-${index}`)))
        const given = people.map(({ id }) => lifecycle.changeRole({ userId: id, role: 'clerk', isGranted: true }))
        const all = await Promise.allSettled([...given, lifecycle.removeRole('clerk')])
        for (const outcome of all)
          if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'not-found', String(outcome.reason))
        assert.deepEqual(await holders(), [])
      }
    })

    await t.test('and what one of before left behind is not given to anybody with the next of its name', async () => {
      const row = { user_id: ann.id, role: 'clerk', granted_at: 0, granted_by: null }
      await s.db.insertInto('user_role').values(row).execute()
      await lifecycle.defineRole(clerk)
      assert.deepEqual(await holders(), [])
    })
  })
}

async function enabledAdmins({ db }: TestServer): Promise<number[]> {
  const rows = await db
    .selectFrom('user_role')
    .innerJoin('user', 'user.id', 'user_role.user_id')
    .select('user.id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .execute()
  return rows.map(({ id }) => id)
}
