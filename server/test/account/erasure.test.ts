/** What is still in the database when somebody who used everything has been erased: every table is read, as a thief would. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { joinAs } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { join, type Person } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import {
  AGENT,
  dump,
  environment,
  holding,
  NAMES,
  NETWORK,
  NEXT,
  NOW,
  OLD,
  type Row,
  startIdsThere,
  tellAll,
  useEverything,
} from './everything.ts'
import { remove } from './factors.ts'

const DAY = 86_400

/** Where something of her may still be read, and why. */
const allowed: Readonly<Record<string, string>> = {
  'event.user_id': 'the number: it is told to whoever leaves, and the chain covers it',
  'event.actor_id': 'the number, in what she did to others as an operator',
  'event.data': 'the id that a passkey had here: nothing leads on from it',
  'event.session_id': 'the chain covers it, and it leads to nothing',
  'person_key.user_id': 'that there is no key any more, and none is made',
  'revocation.session_id': 'services refuse her last tokens by it',
  'user_role.granted_by': 'the number, with somebody else',
  'webhook_delivery.user_id': 'the number: what is told of one person stays in order, and user.erased is told',
}

for (const { kind, name } of databases()) {
  test(`of somebody who used everything and was erased, a dump of ${name} says the number, and nothing else`, async (t) => {
    const s = await startServer(t, { kind, environment })
    await startIdsThere(s)
    const [admin, bob, receiver] = [await joinAs(s, 'root', ['admin']), await join(s, 'bob'), await startReceiver(t)]
    const subscribed = await admin.ask('POST', '/api/admin/webhooks', { url: receiver.url, types: ['*'] })
    assert.equal(subscribed.status, 201, subscribed.text)
    const ann = await useEverything(s, bob)
    const texts = [OLD, NOW, NEXT, ...Object.values(NAMES), AGENT, NETWORK, ...ann.sessions, ...(await keptOf(s, ann))]
    await tellAll(t, s)

    const before = await dump(s)
    for (const text of [...texts, ann.id]) assert.notDeepEqual(holding(before, text), [], `${text} was there`)
    assert.equal((await remove(s, '/api/account', ann)).status, 202)
    await s.clock.advance(7 * DAY) // nothing is purged meanwhile
    assert.equal(await s.service.lifecycle.eraseDue(), 1)
    await tellAll(t, s)

    const after = await dump(s)
    const slots = slotsOf(before)
    assert.ok(slots.length > 6)
    const left = [...new Set([...texts, ...slots, ann.id].flatMap((text) => holding(after, text)))]
    assert.deepEqual(left.sort(), Object.keys(allowed).sort())
    assert.equal((await s.service.audit.verify()).kind, 'whole')
    const told = receiver.calls.filter(({ event }) => event.type === 'user.erased').map(({ event }) => event.subject)
    assert.deepEqual(told, [String(ann.id)])
    assert.ok(holding(after, bob.email).includes('user.email'), 'of others nothing is gone')
  })
}

/** Digests of her addresses, whoever asked: whoever guesses an address sees by them that it was here. */
function slotsOf(rows: readonly Row[]): string[] {
  const codes = rows.filter(({ table }) => table === 'email_code').map(({ row }) => row)
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  const all = [OLD, NOW, NEXT].flatMap((address) => codes.map(({ purpose }) => digest(`${purpose}\n${address}`)))
  return [...new Set(all)].filter((slot) => codes.some((row) => row.slot === slot))
}

/** Everything long in rows that name her: hashes, slots, ids, seals. */
async function keptOf(s: TestServer, { id }: Person): Promise<string[]> {
  const all = (await dump(s)).filter(({ table }) => !OF_EVENTS.includes(table))
  const rows = all.filter(({ row }) => row.user_id === id)
  const ofOthers = new Set(all.filter((row) => !rows.includes(row)).flatMap(({ row }) => Object.values(row)))
  const values = rows.flatMap(({ row }) => Object.values(row))
  return values.filter((value) => typeof value === 'string' && value.length >= 20 && !ofOthers.has(value)) as string[]
}

const OF_EVENTS = ['event', 'webhook_delivery']
