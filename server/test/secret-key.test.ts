/** SECRET_KEY is replaced: with both keys at hand nothing stops, and `keys rotate-secret` leaves nothing under the one before. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { enrolApp, expectStatus, post, TOTP } from './account/factors.ts'
import { expectNothing, latest, NEW_PASSWORD } from './account-by-mail/mail.ts'
import { joinAs } from './admin/operators.ts'
import { codeAt } from './code-app.ts'
import { runCommand } from './command-line.ts'
import { databases } from './databases.ts'
import { relayAll } from './events/relaying.ts'
import { eventually } from './eventually.ts'
import { expectThrottled, FREE_PER_ACCOUNT, guessUp, logIn, startBehindGateway } from './limits/attempts.ts'
import { claimsOf, expectProblem, expectTokens, isGood, join, paths, refresh, register, signIn } from './scenario.ts'
import { finish, halfSignIn } from './sign-in/half.ts'
import { type Answer, startServer, type TestServer, tableOwners } from './start-server.ts'
import { signatureBy, startReceiver } from './webhooks/receiver.ts'

const BEFORE = 'the secret key as it was before'
const AFTER = 'the secret key as it is from now on'
const ENVIRONMENT = { WEBHOOKS_PRIVATE: 'on' }

for (const { kind, name } of databases()) {
  test(`keys rotate-secret seals everything anew, and afterwards the new key alone opens all of it, on ${name}`, async (t) => {
    const old = await startServer(t, { kind, clock: 'running', environment: { ...ENVIRONMENT, SECRET_KEY: BEFORE } })
    const { url } = old
    const [admin, receiver] = [await joinAs(old, 'admin', ['admin']), await startReceiver(t)]
    const ann = await enrolApp(old, await join(old, 'ann'))
    const bob = await join(old, 'bob')
    const { secret: unconfirmed } = expectStatus(await post(old, `${TOTP}/enrolment`, {}, bob), 201) as {
      secret: string
    }
    const webhook = { url: receiver.url, types: ['user.disabled'] }
    const made = (await admin.ask('POST', '/api/admin/webhooks', webhook)).json as { id: string; secret: string }
    const again = await admin.ask('POST', `/api/admin/webhooks/${made.id}/rotate-secret`)
    const [dan, eve, fay] = [await join(old, 'dan'), await join(old, 'eve'), await join(old, 'fay')]
    expectNothing(await old.post('/api/password/forgot', { email: dan.email }), 202)
    const late = await refresh(old, fay.refresh)
    await rotatedAt(old, fay, -600_000)
    await relayAll(t, old)
    await old.service.keys.rotate('soon')
    const successor = await refresh(old, eve.refresh)
    await rotatedAt(old, eve, 600_000) // so that the grace window is open, however slow this machine is

    const { private_key_sealed } = await old.db.selectFrom('signing_key').selectAll().executeTakeFirstOrThrow()
    const [oldKeyId = ''] = private_key_sealed.split('.')
    assert.deepEqual(await columnsUnder(old, oldKeyId), await sealedColumns(old), 'there is one of each kind')

    const both = { ...ENVIRONMENT, DATABASE_URL: url, SECRET_KEY: AFTER, SECRET_KEY_OTHER: BEFORE }
    const rotated = await runCommand(t, both, ['keys', 'rotate-secret'])
    assert.equal(rotated.code, 0, rotated.output)
    assert.deepEqual(await columnsUnder(old, oldKeyId), [])

    const s = await startServer(t, { kind, url, clock: 'running', environment: { ...ENVIRONMENT, SECRET_KEY: AFTER } })
    assert.equal((await refresh(s, eve.refresh)).refresh, successor.refresh, 'a repeat within the grace window')
    await refresh(s, successor.refresh)
    await refresh(s, late.refresh)
    for (const { access } of [ann, bob, eve]) assert.ok(await isGood(s, access))

    assert.equal((await s.service.audit.verify()).kind, 'whole')
    const [opened] = await s.service.events.listAbout(dan.id, { most: 1, types: ['sign-in.succeeded'] })
    assert.equal(opened?.origin?.address, '127.0.0.1')

    const { token } = await latest(s, dan.email, 'recover-password')
    expectNothing(await s.post('/api/password/reset', { token, password: NEW_PASSWORD }), 204)
    await signIn(s, dan.email, NEW_PASSWORD)

    await s.clock.advance(60)
    const code = codeAt(ann.secret, s.clock.now())
    expectTokens(await finish(s, await halfSignIn(s, ann), { code }))
    const [recoveryCode = ''] = ann.recoveryCodes
    expectTokens(await finish(s, await halfSignIn(s, ann), { code: recoveryCode }))
    expectStatus(await post(s, TOTP, { code: codeAt(unconfirmed, s.clock.now()) }, bob), 201)

    await s.service.lifecycle.disable(fay.id)
    await deliver(t, s)
    const [call] = receiver.calls
    assert.ok(call, 'a webhook was called')
    const { secret: latestSecret } = again.json as { secret: string }
    assert.deepEqual([signatureBy(latestSecret, call), signatureBy(made.secret, call)], [0, 1])
  })
}

describe('while both keys are known', () => {
  test('a code that was mailed before is right, once, and a wrong one is not', async (t) => {
    const old = await startServer(t, { environment: { SECRET_KEY: BEFORE } })
    const [ann, bob] = [await join(old, 'ann'), await join(old, 'bob')]
    for (const { email } of [ann, bob]) expectNothing(await old.post('/api/password/forgot', { email }), 202)
    const [ofAnn, ofBob] = [
      await latest(old, ann.email, 'recover-password'),
      await latest(old, bob.email, 'recover-password'),
    ]
    const { url, clock } = old
    const reset = (s: TestServer, { email }: { email: string }, code: string): Promise<Answer> =>
      s.post('/api/password/reset', { email, code, password: NEW_PASSWORD })

    const alone = await startServer(t, { url, clock, environment: { SECRET_KEY: BEFORE } })
    const between = await startServer(t, { url, clock, environment: { SECRET_KEY: AFTER, SECRET_KEY_OTHER: BEFORE } })
    expectProblem(
      await reset(between, ann, ofBob.code === ofAnn.code ? '000000' : ofBob.code),
      422,
      'mail-code-refused',
    )
    expectNothing(await reset(between, ann, ofAnn.code), 204)
    expectProblem(await reset(between, ann, ofAnn.code), 422, 'mail-code-refused')

    // Machines are restarted one after the other: one that does not seal with the new key yet takes what it has hashed.
    await clock.advance(1)
    expectNothing(await between.post('/api/password/forgot', { email: bob.email }), 202)
    const { code } = await latest(between, bob.email, 'recover-password')
    expectProblem(await reset(alone, bob, code), 422, 'mail-code-refused')
    const prepared = await startServer(t, { url, clock, environment: { SECRET_KEY: BEFORE, SECRET_KEY_OTHER: AFTER } })
    expectNothing(await reset(prepared, bob, code), 204)
  })

  test('a browser that was known before stays so, also when the other key is gone; one that neither key knows is a stranger', async (t) => {
    const old = await startBehindGateway(t, 'sqlite', { SECRET_KEY: BEFORE })
    const { url, clock } = old
    const on = (environment: Record<string, string>) =>
      startServer(t, { url, clock, environment: { LIMITS: 'on', HASH_QUEUE: '1000', ...environment } })
    const { email } = await register(old, { email: 'ann@example.com' })
    const browser = { 'sec-fetch-mode': 'cors' }
    const cookie = markOf(await logIn(old, email, { headers: browser }))

    const between = await on({ SECRET_KEY: AFTER, SECRET_KEY_OTHER: BEFORE })
    await guessUp(between, email, FREE_PER_ACCOUNT)
    expectThrottled(await logIn(between, email), 30)
    const renewed = markOf(await logIn(between, email, { cookie }))
    assert.notEqual(renewed, cookie)
    assert.equal(renewed.split('.')[0], cookie.split('.')[0], 'the same browser, signed anew')

    await between.service.keys.sealAgain()
    const alone = await on({ SECRET_KEY: AFTER })
    expectThrottled(await logIn(alone, email, { cookie }), 30)
    assert.equal(markOf(await logIn(alone, email, { cookie: renewed })), renewed)
    const forged = `${renewed.slice(0, -4)}AAAA`
    expectThrottled(await logIn(between, email, { cookie: forged }), 30)
  })

  test('what is known of somebody under the other key is removed with them', async (t) => {
    const old = await startBehindGateway(t, 'sqlite', { SECRET_KEY: BEFORE })
    const { url, clock } = old
    const ann = await register(old, { email: 'ann@example.com' })
    await logIn(old, ann.email, { headers: { 'sec-fetch-mode': 'cors' } })
    const both = { LIMITS: 'on', SECRET_KEY: AFTER, SECRET_KEY_OTHER: BEFORE }
    const between = await startServer(t, { url, clock, environment: both })
    const { user_id } = claimsOf(expectTokens(await between.post(paths.login, ann)).access)
    const known = () => old.db.selectFrom('rate_bucket').select('id').where('account', 'is not', null).execute()
    assert.ok((await known()).length > 1)
    await between.service.lifecycle.erase(user_id)
    assert.deepEqual(await known(), [])
  })
})

/** The name and the value of the cookie that an answer sets. */
function markOf(answer: Answer): string {
  const [cookie = ''] = answer.headers['set-cookie'] ?? []
  assert.equal(answer.status, 200, answer.text)
  return cookie.split(';')[0] ?? ''
}

/** As if the session's refresh token had been rotated then. */
async function rotatedAt({ db, clock }: TestServer, { access }: { access: string }, inMs: number): Promise<void> {
  const rotation = db.updateTable('session').set({ rotated_at: clock.now() + inMs })
  await rotation.where('id', '=', claimsOf(access).sid).execute()
}

/** Of these the name says it; what events keep sealed is under keys of persons. */
async function sealedColumns({ db }: TestServer): Promise<string[]> {
  const tables = await db.introspection.getTables()
  const columns = tables
    .filter(({ name }) => Object.hasOwn(tableOwners, name) && name !== 'event')
    .flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`))
  return columns.filter((column) => /[._]sealed$/.test(column)).sort()
}

/** Which columns hold something that is sealed under this key, in all of the database. */
async function columnsUnder({ db }: TestServer, keyId: string): Promise<string[]> {
  const found = new Set<string>()
  for (const table of Object.keys(tableOwners) as (keyof typeof tableOwners)[]) {
    for (const row of await db.selectFrom(table).selectAll().execute()) {
      for (const [column, value] of Object.entries(row))
        if (String(value).includes(`${keyId}.`)) found.add(`${table}.${column}`)
    }
  }
  return [...found].sort()
}

/** Everything that happened is told to the webhooks, and what is due is sent. */
async function deliver(t: TestContext, { service, db }: TestServer): Promise<void> {
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  const done = service.events.relay({ consumers: [service.webhooks.consumer], watch: async () => {} }, stopping.signal)
  await eventually('webhooks know of it', async () => {
    return (await db.selectFrom('webhook_delivery').select('event_id').execute()).length > 0
  })
  stopping.abort()
  await done
  await service.webhooks.deliverDue(new AbortController().signal)
}
