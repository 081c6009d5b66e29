/** A copy of all that is kept about somebody is held to the tables: what they say of her is in it, or its README says why not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinAs } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { join, type Person } from '../scenario.ts'
import { startServer, type TestServer, tableOwners } from '../start-server.ts'
import { startReceiver } from '../webhooks/receiver.ts'
import { dump, environment, type Row, startIdsThere, tellAll, useEverything } from './everything.ts'
import { anotherSession, bearer, prove, remove } from './factors.ts'
import { type Copy, takeCopy } from './take-copy.ts'

type Table = keyof typeof tableOwners

/** What tells of each table: files of the copy, or a sentence of its README that says why there is none. */
const tellers: Readonly<Partial<Record<Table, string | RegExp>>> = {
  user: 'profile addresses credentials',
  account_deletion: 'profile',
  email_code: 'codes',
  password: 'credentials',
  passkey: 'credentials',
  user_handle: 'credentials',
  totp: 'credentials',
  user_role: 'roles',
  session: 'sessions',
  event: 'events',
  totp_enrolment: /secret of your app for codes, also of one that you have begun to set up/,
  recovery_code_set: /recovery codes and the key that they are hashed with/,
  recovery_code: /recovery codes .* sealed, or as hashes/,
  webauthn_challenge: /A sign-in that waits .* for a passkey/,
  sign_in_attempt: /A sign-in that waits for its second factor/,
  mail: /Mails that wait to be sent to you/,
  person_key: /The key under which what is personal in events\.json is kept sealed/,
  revocation: /That sessions of yours ended/,
  webhook_delivery: /Which events of yours were sent to which of the services/,
}

/** Tables that say nothing of any one person. */
const ofNobody: Readonly<Partial<Record<Table, string>>> = {
  event_head: 'the end of the chain',
  event_consumer: 'how far it was told',
  event_retention: 'up to where events were removed',
  checkpoint: 'hashes of the chain',
  checkpoint_key: 'public keys of the service',
  signing_key: 'keys of the service',
  status_index: 'a counter',
  refused_code: 'a counter',
  rate_bucket: 'keyed hashes, which lead to nobody; the README tells of them all the same',
  spent_challenge: 'random numbers',
  role: 'what roles are',
  webhook_endpoint: 'other services',
}

/** What is in none of the files of its table, and the sentence that says why. */
const untold: Readonly<Record<string, RegExp>> = {
  'email_code.code_hash': /codes of mails/,
  'email_code.id': /codes of mails/,
  'email_code.slot': /codes of mails/,
  'email_code.state': /codes of mails and what they are bound to/,
  'email_code.token_hash': /codes of mails/,
  'event.hash': /hashes over all events/,
  'event.origin_sealed': /is kept sealed/,
  'passkey.credential_hash': /as hashes/,
  'passkey.public_key': /the public keys of passkeys/,
  'password.hash': /Your password\. Nobody has it/,
  'password.scheme': /Your password\. Nobody has it/,
  'session.access_expires_at': /when their tokens run out/,
  'session.current_token_hash': /what refresh tokens are recognised by/,
  'session.current_token_id': /what refresh tokens are recognised by/,
  'session.parent_token_id': /what refresh tokens are recognised by/,
  'totp.id': /The secret of your app for codes/,
  'totp.secret_sealed': /The secret of your app for codes/,
}

/** Rows that name her and are not told, and the sentence that says why. */
const untoldRows: readonly (readonly [is: (row: Row['row'], id: number) => boolean, reason: RegExp])[] = [
  [({ user_id, actor_id }, id) => actor_id === id && user_id !== id, /If you are an operator: what you did to others/],
  [({ user_id, granted_by }, id) => granted_by === id && user_id !== id, /If you are an operator/],
  [({ purpose, slot }) => slot !== undefined && purpose === 'change-address', /An address that you asked to have/],
]

for (const { kind, name } of databases()) {
  test(`what the tables say of somebody is in the copy, or the README says why not (${name})`, async (t) => {
    const s = await startServer(t, { kind, environment })
    await startIdsThere(s)
    const [admin, bob, receiver] = [await joinAs(s, 'root', ['admin']), await join(s, 'bob'), await startReceiver(t)]
    assert.equal((await admin.ask('POST', '/api/admin/webhooks', { url: receiver.url, types: ['*'] })).status, 201)
    const ann = await useEverything(s, bob)
    await s.ask({ method: 'PATCH', path: '/api/account', body: { locale: 'de' }, headers: bearer(ann) })
    await tellAll(t, s)
    assert.equal((await remove(s, '/api/account', ann)).status, 202)
    const copy = await takeAgain(s, ann)
    const readme = (copy.files.get('README.txt') ?? '').replace(/\s+/g, ' ')

    const rows = rowsOf(await dump(s), ann)
    const known = Object.keys({ ...tellers, ...ofNobody }).sort()
    assert.deepEqual(known, Object.keys(tableOwners).sort(), 'each table is told of, or says nothing of anybody')
    assert.deepEqual([...new Set(rows.map(({ table }) => table))].sort(), Object.keys(tellers).sort())
    const toTell = rows.filter(({ row }) => !untoldRows.some(([is]) => is(row, ann.id)))
    assert.deepEqual([...new Set(toTell.flatMap((row) => missingOf(row, copy)))].sort(), Object.keys(untold).sort())
    const sentences = [...Object.values(tellers), ...Object.values(untold), ...untoldRows.map(([, reason]) => reason)]
    for (const sentence of sentences) if (typeof sentence !== 'string') assert.match(readme, sentence)
  })
}

/** Columns of a row that are in none of the files which tell of its table. */
function missingOf({ table, row }: Row, { files }: Copy): string[] {
  const teller = tellers[table as Table] ?? ''
  if (typeof teller !== 'string') return []
  const text = teller
    .split(' ')
    .map((file) => files.get(`${file}.json`))
    .join('\n')
  return Object.entries(row).flatMap(([column, value]) => (isIn(text, value) ? [] : [`${table}.${column}`]))
}

/** Signed in anew: who asks to leave is signed out. */
async function takeAgain(s: TestServer, ann: Person): Promise<Copy> {
  const tokens = await anotherSession(s, ann)
  await prove(s, tokens, 'pwd', 'otp', 'mfa')
  return takeCopy(s, tokens)
}

/** The rows that name her, and those that these lead to: recovery codes by their set, revocations by their session. */
function rowsOf(all: readonly Row[], { id }: Person): Row[] {
  const named = all.filter(({ row }) => Object.values(row).includes(id))
  const idsOf = (table: Table) => new Set(named.filter((one) => one.table === table).map(({ row }) => row.id))
  const [sets, sessions] = [idsOf('recovery_code_set'), idsOf('session')]
  const codes = all.filter(({ table, row }) => table === 'recovery_code' && sets.has(row.set_id))
  const ended = all.filter(({ table, row }) => table === 'revocation' && sessions.has(row.session_id))
  return [...named, ...codes, ...ended]
}

const FIRST_TIME = 1e12 // smaller numbers are counts

/** Times as the copy writes them, and each word of a text. */
function isIn(text: string, value: unknown): boolean {
  if (value === null || value === '') return true
  if (typeof value === 'number') return value < FIRST_TIME || text.includes(new Date(value).toISOString())
  return String(value)
    .split(/[ ,]/)
    .every((word) => text.includes(word))
}
