/** Each type of the closed list happens, by the doors of people and operators (every-door.test.ts) or by what is here. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventTypes } from '../../../contract/events.ts'
import { remove } from '../account/factors.ts'
import { runCommand } from '../command-line.ts'
import { databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { paths } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import { accountDoors } from './account-doors.ts'
import { adminDoors } from './admin-doors.ts'
import { type Door, joinAnn, joinRoot, lastPosition, newName, type Ready, toldSince } from './doors.ts'
import { openDoors, privateDoors } from './open-doors.ts'
import { startRelay, untilChained } from './relaying.ts'

type People = Ready['people']
type Fact = readonly [
  what: string,
  /** @returns what makes it happen */
  prepare: (t: TestContext, s: TestServer) => Promise<{ people: People; happen: () => Promise<unknown> }>,
  tells: readonly string[],
]

const DAY = 86_400
const never = new AbortController().signal

/** What no request does: jobs and commands. */
const facts: readonly Fact[] = [
  [
    'an account is erased when that is due',
    async (_, s) => {
      const ann = await joinAnn(s)
      await remove(s, '/api/account', ann)
      await s.clock.advance(7 * DAY)
      return { people: { ann }, happen: () => s.service.lifecycle.eraseDue() }
    },
    ['user.erased by system on ann: asked-by-user'],
  ],
  [
    'a mail is given up',
    async (_, s) => {
      const ann = await joinAnn(s)
      await s.clock.advance(DAY)
      return { people: { ann }, happen: () => s.service.email.deliver() }
    },
    ['mail.failed by system on ann: too-late (failure)'],
  ],
  [
    'the receiver of a webhook is gone',
    async (t, s) => {
      const [root, ann, receiver] = [await joinRoot(s), await joinAnn(s), await startReceiver(t)]
      receiver.answer = (_request, response) => response.writeHead(410).end()
      await root.ask('POST', '/api/admin/webhooks', { url: receiver.url, types: ['user.disabled'] })
      await s.service.lifecycle.disable(ann.id)
      const stop = startRelay(t, s, [s.service.webhooks.consumer])
      await untilChained(s)
      const due = s.db.selectFrom('webhook_delivery').select('state').where('state', '=', 'due')
      await eventually('it is on its way', async () => (await due.execute()).length === 1)
      await stop()
      return { people: {}, happen: () => s.service.webhooks.deliverDue(never) }
    },
    ['webhook.disabled by system: gone'],
  ],
  [
    'an operator clears limits at the shell',
    async (t, s) => {
      const ann = await joinAnn(s)
      await s.post(paths.login, { email: ann.email, password: 'not this one' })
      return { people: { ann }, happen: () => run(t, s, 'users', 'clear-limits', ann.email) }
    },
    ['limits.cleared by system on ann'],
  ],
  [
    'users are imported from a file; again, nobody is',
    async (t, s) => {
      const folder = await mkdtemp(joinPath(tmpdir(), 'samurai-auth-import-'))
      t.after(() => rm(folder, { recursive: true }))
      const file = joinPath(folder, 'users.jsonl')
      const people = [{ email: `${newName()}@example.com`, id: 70_001 }, { email: `${newName()}@example.com` }]
      await writeFile(file, people.map((person) => JSON.stringify(person)).join('\n'))
      const happen = async () => {
        for (let time = 1; time <= 2; time++) await run(t, s, 'import', 'users', '--file', file)
      }
      return { people: { ann: { id: 70_001 } }, happen }
    },
    ['user.imported by system on ann', 'user.imported by system on somebody'],
  ],
]

async function run(t: TestContext, s: TestServer, ...words: string[]): Promise<void> {
  const environment = { DATABASE_URL: s.url, SECRET_KEY: 'a secret key that only tests have' }
  const { code, output } = await runCommand(t, environment, words)
  assert.equal(code, 0, output)
}

for (const { kind, name } of databases()) {
  for (const [what, prepare, tells] of facts) {
    test(`${what}: that is told, on ${name}`, async (t) => {
      const s = await startServer(t, { kind, environment: { WEBHOOKS_PRIVATE: 'on', LIMITS: 'on' } })
      const { people, happen } = await prepare(t, s)
      const position = await lastPosition(s)
      await happen()
      assert.deepEqual(await toldSince(s, position, { people }), tells)
    })
  }
}

test('each type of the list is among what is told, and nothing else is', () => {
  const doors: readonly Door[] = [...accountDoors, ...adminDoors, ...openDoors, ...privateDoors]
  const told = [...doors.flatMap(([, , tells]) => tells), ...facts.flatMap(([, , tells]) => tells)]
  const types = new Set(told.map((line) => line.split(' ')[0]))
  assert.deepEqual([...types].sort(), Object.keys(eventTypes).sort())
})
