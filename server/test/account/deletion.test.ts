/** Leaving: the account is deleted after a delay, which its owner can take back until then. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { canLogIn, expectNothing, expectSpoiled, latest, mailsTo, notice, submit } from '../account-by-mail/mail.ts'
import { eventsAbout, joinAs } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { wrongFor } from '../mail/codes.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, expectProblem, isGood, join, type Person, paths, signIn } from '../scenario.ts'
import { type Answer, startServer, type TestServer, tableOwners } from '../start-server.ts'
import { advance, startTestMode } from '../test-mode/tester.ts'
import { bearer, enrolApp, enrolPasskey, get, NOWHERE, post, prove, remove } from './factors.ts'

const ACCOUNT = '/api/account'
const UNDO = '/api/account/deletion/undo'
const BY_MAIL = '/api/deletion/undo'
const DAY = 86_400
const DUE = '2026-11-30T12:00:00.250Z'

/** What is left of an account: told to whoever leaves and to operators, in this order. */
const KEPT = [
  /number of the account/i,
  /record of what happened/i,
  /sessions ended.*week/i,
  /sent which.*30 days/i,
  /last mail.*a day/i,
  /networks that.*keyed hashes.*hours/i,
  /networks and browsers.*keyed hashes.*400 days/i,
  /database.*files/i,
  /tables of the old|tables of the service that was here before/i,
  /backups/i,
]

type Who = { access: string }

const ask = (s: TestServer, who: Who) => remove(s, ACCOUNT, who)
const deletionOf = async (s: TestServer, who: Who) =>
  ((await get(s, ACCOUNT, who)).json as { deletion: unknown }).deletion
const exists = async (s: TestServer, { id }: Person) =>
  (await s.db.selectFrom('user').select('id').where('id', '=', id).execute()).length === 1
const erase = (s: TestServer) => s.service.lifecycle.eraseDue()

async function leave(s: TestServer, person: Person): Promise<Person> {
  const answer = await ask(s, person)
  assert.equal(answer.status, 202, answer.text)
  return person
}

/** Tables that have a row with the id of this user. */
async function tablesOf({ db }: TestServer, userId: number): Promise<string[]> {
  const held: string[] = []
  for (const table of Object.keys(tableOwners) as (keyof typeof tableOwners)[]) {
    const rows = await db
      .selectFrom(table as 'session')
      .selectAll()
      .execute()
    const column = table === ('user' as string) ? 'id' : 'user_id'
    if (rows.some((row) => (row as Record<string, unknown>)[column] === userId)) held.push(table)
  }
  return held.sort()
}

describe('whoever deletes their account', () => {
  for (const { kind, name } of databases()) {
    it(`is told when it will be and what is kept, and is signed out everywhere at once (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { JWT_SECRET_KEY: OLD_KEY } })
      const ann = await join(s, 'ann')
      const phone = await signIn(s, ann.email)
      const old = signOld(oldClaims(s, ann.id, 'access'))
      const bob = await join(s, 'bob')
      const answer = await ask(s, ann)
      const { kept, ...told } = answer.json as Record<string, unknown> & { kept: { what: string; why: string }[] }
      assert.deepEqual([answer.status, told], [202, { at: DUE, is_deleted: false, undo: ['mail', 'sign-in'] }])
      assert.ok(kept.length > 0 && kept.every(({ what, why }) => what && why))
      for (const token of [ann.access, ann.refresh, phone.access, phone.refresh, old])
        assert.equal(await isGood(s, token), false)
      assert.equal(await isGood(s, bob.access), true, 'nobody else is')
      const ended = await s.db.selectFrom('session').select('end_reason').where('user_id', '=', ann.id).execute()
      assert.deepEqual(
        ended.map(({ end_reason }) => end_reason),
        ['deletion-requested', 'deletion-requested'],
      )
      assert.equal((await eventsAbout(s, ann.id)).filter((type) => type === 'deletion.requested').length, 1)
    })

    it(`is erased when the delay is over, once, and nothing is left but what was told (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await enrolPasskey(s, await enrolApp(s, await join(s, 'ann')))
      await s.service.lifecycle.changeRole({ userId: ann.id, role: 'support', isGranted: true })
      const bob = await leave(s, await join(s, 'bob'))
      await leave(s, ann)
      await s.clock.advance(7 * DAY - 1)
      assert.equal(await erase(s), 0)
      assert.equal(await exists(s, ann), true, 'not before')
      await s.clock.advance(1)
      assert.equal(await erase(s), 2)
      assert.equal(await erase(s), 0)
      assert.deepEqual([await exists(s, ann), await exists(s, bob)], [false, false])
      assert.deepEqual(await tablesOf(s, ann.id), ['event', 'person_key'])
      const [key] = await s.db.selectFrom('person_key').selectAll().where('user_id', '=', ann.id).execute()
      assert.equal(key?.key_sealed, null)
      const erased = await s.db
        .selectFrom('event')
        .select(['actor_kind', 'reason'])
        .where('type', '=', 'user.erased')
        .where('user_id', '=', ann.id)
        .execute()
      assert.deepEqual(
        erased.map((row) => ({ ...row })),
        [{ actor_kind: 'system', reason: 'asked-by-user' }],
      )
      const last = await notice(s, ann.email, 'account-deleted')
      assert.ok(!/https?:/.test(last.text), 'there is nothing to click')
      assert.equal((await mailsTo(s, ann.email)).length, 1, 'what else waited to be sent is gone')
      assert.deepEqual((await s.service.events.check(new Map())).kind, 'whole')
    })

    it(`takes it back by the link of the mail, whose page does nothing by being opened, once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await leave(s, await join(s, 'ann'))
      const { token, mail } = await latest(s, ann.email, 'deletion-requested')
      assert.match(mail.text, /November 30, 2026 at 12:00\sPM UTC/)
      for (const method of ['GET', 'HEAD', 'GET'])
        assert.equal((await s.ask({ method, path: `/mail/undo-deletion?token=${token}` })).status, 200)
      assert.ok(await s.service.lifecycle.findDeletion(ann.id))
      const done = await submit(s, 'undo-deletion', { token, lang: 'en' })
      assert.deepEqual([done.status, /Your account stays/.test(done.text)], [200, true])
      assert.equal((await submit(s, 'undo-deletion', { token })).status, 410)
      assert.equal(await s.service.lifecycle.findDeletion(ann.id), undefined)
      await notice(s, ann.email, 'deletion-undone')
      await s.clock.advance(8 * DAY)
      assert.equal(await erase(s), 0)
      assert.equal(await canLogIn(s, ann.email), true)
    })

    it(`takes it back with the six digits, up to the last second, without being signed in by it (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await leave(s, await join(s, 'ann'))
      const { code, token } = await latest(s, ann.email, 'deletion-requested')
      await s.clock.advance(7 * DAY - 1)
      expectSpoiled(await s.post(BY_MAIL, { email: ann.email, code: wrongFor(code) }), 'wrong')
      const answer = await s.post(BY_MAIL, { email: ann.email, code })
      expectNothing(answer, 204)
      assert.equal(answer.headers['set-cookie'], undefined)
      assert.equal(await isGood(s, ann.access), false)
      expectSpoiled(await s.post(BY_MAIL, { token }), 'used')
      await s.clock.advance(DAY)
      assert.equal(await erase(s), 0)
      assert.equal(await exists(s, ann), true)
    })

    it(`signs in as before, is shown what waits, and takes it back there (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await leave(s, await join(s, 'ann'))
      const { token } = await latest(s, ann.email, 'deletion-requested')
      const back = await signIn(s, ann.email)
      assert.deepEqual(await deletionOf(s, back), { at: DUE, requested_at: '2026-11-23T12:00:00.250Z' })
      expectNothing(await post(s, UNDO, {}, back), 204)
      assert.equal(await deletionOf(s, back), null)
      expectProblem(await post(s, UNDO, {}, back), 404, 'not-found')
      expectSpoiled(await s.post(BY_MAIL, { token }), 'used')
      assert.equal(await isGood(s, back.access), true, 'the session stays')
      assert.deepEqual((await eventsAbout(s, ann.id)).filter((type) => type.startsWith('deletion.')).sort(), [
        'deletion.requested',
        'deletion.undone',
      ])
    })

    it(`is erased at once where there is no delay (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { ACCOUNT_DELETION_DAYS: '0' } })
      const ann = await join(s, 'ann')
      const { kept: _, ...told } = (await ask(s, ann)).json as Record<string, unknown>
      assert.deepEqual(told, { at: '2026-11-23T12:00:00.250Z', is_deleted: true, undo: [] })
      const erased = s.db.selectFrom('event').select('session_id').where('type', '=', 'user.erased')
      assert.equal((await erased.executeTakeFirst())?.session_id, claimsOf(ann.access).sid)
      assert.deepEqual([await exists(s, ann), await isGood(s, ann.access)], [false, false])
      assert.deepEqual(await tablesOf(s, ann.id), ['event', 'person_key'])
      await notice(s, ann.email, 'account-deleted')
      assert.equal(await canLogIn(s, ann.email), false)
    })
  }

  it('is told of all that the guide for operators says is left', async (t) => {
    const s = await startServer(t)
    const { kept } = (await ask(s, await join(s, 'ann'))).json as { kept: { what: string; why: string }[] }
    const guide = await readFile(new URL('../../../docs/how-to/leave-and-take-your-data.md', import.meta.url), 'utf8')
    const [, left = ''] = /### What is left\s+\|.*\|\s+\|[-| ]+\|\s+((?:\|.*\n)+)/.exec(guide) ?? []
    const rows = left.trimEnd().split('\n')
    assert.equal(kept.length, rows.length)
    for (const [place, words] of KEPT.entries())
      for (const text of [`${kept[place]?.what} ${kept[place]?.why}`, rows[place] ?? '']) assert.match(text, words)
  })

  it('has proven just before who they are, by two factors where there are two', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    await s.clock.advance(301)
    expectProblem(await ask(s, ann), 401, 'step-up-required')
    await prove(s, ann, 'pwd')
    await enrolApp(s, ann)
    await s.clock.advance(301)
    await prove(s, ann, 'pwd')
    expectProblem(await ask(s, ann), 401, 'step-up-required')
    assert.equal(await isGood(s, ann.access), true, 'nothing was done')
    await prove(s, ann, 'pwd', 'otp', 'mfa')
    await leave(s, ann)
  })

  it('needs an access token', async (t) => {
    const s = await startServer(t)
    expectProblem(await s.ask({ method: 'DELETE', path: ACCOUNT }), 401, 'token-missing')
    expectProblem(await s.post(UNDO, {}), 401, 'token-missing')
  })

  it('may ask again: the time stays, the sessions end, and there is no other mail', async (t) => {
    const s = await startServer(t)
    const ann = await leave(s, await join(s, 'ann'))
    await s.clock.advance(DAY)
    const back = await signIn(s, ann.email)
    assert.equal(((await ask(s, back)).json as { at: string }).at, DUE)
    assert.equal(await isGood(s, back.access), false)
    const mails = (await mailsTo(s, ann.email)).filter(({ message }) => message === 'deletion-requested')
    assert.equal(mails.length, 1)
    const { token } = await latest(s, ann.email, 'deletion-requested')
    expectNothing(await s.post(BY_MAIL, { token }), 204)
  })

  it('keeps the address meanwhile: to register with it is refused as before, and free again afterwards', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const again = { email: ann.email, password: 'three red apples' }
    const before = await s.post(paths.register, again)
    await leave(s, ann)
    const meanwhile = await s.post(paths.register, again)
    assert.deepEqual([meanwhile.status, meanwhile.json], [before.status, before.json])
    assert.equal(before.status, 400)
    await s.clock.advance(7 * DAY)
    await erase(s)
    assert.equal((await s.post(paths.register, again)).status, 201)
    const next = await signIn(s, ann.email, again.password)
    assert.equal(await deletionOf(s, next), null)
    assert.notEqual(claimsOf(next.access).user_id, ann.id, 'the number is never given again')
  })

  it('undoes with a link only the request that it was sent for', async (t) => {
    const s = await startServer(t)
    const ann = await leave(s, await join(s, 'ann'))
    const first = await latest(s, ann.email, 'deletion-requested')
    await s.clock.advance(60)
    const back = await signIn(s, ann.email)
    expectNothing(await post(s, UNDO, {}, back), 204)
    await s.clock.advance(60)
    await leave(s, { ...ann, ...back })
    expectSpoiled(await s.post(BY_MAIL, { token: first.token }), 'wrong')
    expectSpoiled(await s.post(BY_MAIL, { email: ann.email, code: first.code }), 'wrong')
    assert.ok(await s.service.lifecycle.findDeletion(ann.id))
  })

  it('is nobody else: links of other purposes, other addresses and five wrong codes do nothing', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const bob = await leave(s, await join(s, 'bob'))
    const proof = await latest(s, ann.email, 'verify-address')
    await leave(s, ann)
    const { code, token } = await latest(s, ann.email, 'deletion-requested')
    expectSpoiled(await s.post(BY_MAIL, { token: proof.token }), 'wrong')
    expectSpoiled(await s.post(BY_MAIL, { email: 'nobody@example.com', code }), 'wrong')
    for (let tries = 1; tries <= 5; tries++)
      expectSpoiled(await s.post(BY_MAIL, { email: ann.email, code: wrongFor(code, tries) }), 'wrong')
    expectSpoiled(await s.post(BY_MAIL, { email: ann.email, code }), 'too-many-tries')
    expectProblem(await s.post('/api/email/verify', { token }), 422, 'mail-code-refused')
    expectProblem(
      await s.post('/api/password/reset', { token, password: 'four green pears' }),
      422,
      'mail-code-refused',
    )
    expectNothing(await s.post(BY_MAIL, { token }), 204) // the link is not spoiled by guesses at the code
    assert.ok(await s.service.lifecycle.findDeletion(bob.id))
  })

  it('keeps neither code nor token where somebody reads the database', async (t) => {
    const s = await startServer(t)
    const ann = await leave(s, await join(s, 'ann'))
    const { code, token } = await latest(s, ann.email, 'deletion-requested')
    const rows = JSON.stringify(await s.db.selectFrom('email_code').selectAll().execute())
    assert.ok(!rows.includes(token) && !rows.includes(`"${code}"`))
  })

  it('is disabled or erased by an operator meanwhile, as before', async (t) => {
    const s = await startServer(t)
    const ann = await leave(s, await join(s, 'ann'))
    const bob = await leave(s, await join(s, 'bob'))
    const { token } = await latest(s, ann.email, 'deletion-requested')
    assert.equal(await s.service.lifecycle.disable(ann.id), true)
    assert.equal(await canLogIn(s, ann.email), false)
    expectNothing(await s.post(BY_MAIL, { token }), 204)
    assert.equal(await canLogIn(s, ann.email), false, 'it stays disabled')
    assert.equal(await s.service.lifecycle.erase(bob.id), true)
    assert.deepEqual(await tablesOf(s, bob.id), ['event', 'person_key'])
    await s.clock.advance(8 * DAY)
    assert.equal(await erase(s), 0)
  })

  it('is seen by operators, who can take it back; then the person is told', async (t) => {
    const s = await startServer(t)
    const ann = await leave(s, await join(s, 'ann'))
    const admin = await joinAs(s, 'root', ['admin'])
    const support = await joinAs(s, 'help', ['support'])
    const path = `/api/admin/users/${ann.id}`
    assert.equal(((await support.ask('GET', path)).json as { deletion_at: string }).deletion_at, DUE)
    expectProblem(await support.ask('POST', `${path}/deletion/undo`), 403, 'not-permitted')
    const undone = await admin.ask('POST', `${path}/deletion/undo`)
    assert.deepEqual([undone.status, (undone.json as { deletion_at: null }).deletion_at], [200, null])
    assert.equal((await admin.ask('POST', `${path}/deletion/undo`)).status, 200)
    await notice(s, ann.email, 'deletion-undone')
    const undoing = s.db.selectFrom('event').select(['actor_kind', 'reason']).where('type', '=', 'deletion.undone')
    assert.deepEqual({ ...(await undoing.executeTakeFirst()) }, { actor_kind: 'operator', reason: 'by-operator' })
    await s.clock.advance(8 * DAY)
    assert.equal(await erase(s), 0)
  })

  it('is erased also when an operator disabled them meanwhile: it was asked for', async (t) => {
    const s = await startServer(t)
    const ann = await leave(s, await join(s, 'ann'))
    await s.service.lifecycle.disable(ann.id)
    await s.clock.advance(7 * DAY)
    assert.equal(await erase(s), 1)
    assert.equal(await exists(s, ann), false)
  })

  it('is kept by whoever takes back a change of the address: the mail about the deletion went to a thief', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const { code } = await latest(s, ann.email, 'verify-address')
    expectNothing(await s.post('/api/email/verify', { email: ann.email, code }, bearer(ann)), 204)
    expectNothing(await post(s, '/api/account/email', { email: 'thief@example.com' }, ann), 202)
    const proof = await latest(s, 'thief@example.com', 'change-address')
    const proved = { email: 'thief@example.com', code: proof.code }
    expectNothing(await post(s, '/api/account/email/confirm', proved, ann), 204)
    await leave(s, ann)
    const { token } = await latest(s, ann.email, 'address-changed')
    await s.clock.advance(7 * DAY - 1)
    assert.equal((await submit(s, 'undo-address-change', { token })).status, 200)
    await s.clock.advance(DAY)
    assert.equal(await erase(s), 0)
    assert.equal(await exists(s, ann), true)
  })

  it('can take it back by signing in only, where there is no mail', async (t) => {
    const s = await startServer(t, { environment: { SMTP_URL: '', MAIL_FROM: '' } })
    const ann = await join(s, 'ann')
    assert.deepEqual(((await ask(s, ann)).json as { undo: unknown }).undo, ['sign-in'])
    expectNothing(await post(s, UNDO, {}, await signIn(s, ann.email)), 204)
  })

  it('is told in the language that they chose', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    await s.ask({ method: 'PATCH', path: ACCOUNT, body: { locale: 'ar' }, headers: bearer(ann) })
    await leave(s, ann)
    const { mail } = await latest(s, ann.email, 'deletion-requested')
    assert.equal(mail.subject, 'سيُحذف حسابك')
    assert.match(mail.html, /dir="rtl"/)
  })

  it('asks for so many mails only', async (t) => {
    const s = await startServer(t, { environment: { LIMITS: 'on' } })
    const ann = await join(s, 'ann')
    let answer: Answer | undefined
    let who: Who = ann
    for (let asked = 0; asked < 8; asked++) {
      answer = await ask(s, who)
      if (answer.status !== 202) break
      who = await anyone(s, ann)
    }
    assert.ok(answer)
    expectProblem(answer, 429, 'too-many-requests')
  })

  /** Signed in again, without asking the limits of sign-ins. */
  async function anyone(s: TestServer, { id }: Person): Promise<Who> {
    const { sessions, database } = s.service
    const proof = { amr: ['pwd'], authenticatedAt: s.clock.now() } as const
    return sessions.firstTokens(await database.transaction((tx) => sessions.open(tx, id, { origin: NOWHERE, proof })))
  }

  it('is erased by the job that every process runs', async (t) => {
    const s = await startTestMode(t)
    const ann = await leave(s, await join(s, 'ann'))
    await advance(s, 7 * DAY - 1)
    assert.equal(await exists(s, ann), true)
    await advance(s, 1)
    assert.equal(await exists(s, ann), false)
  })

  it('may be an admin: nobody keeps them, and the shell makes another one', async (t) => {
    const s = await startServer(t, { environment: { ACCOUNT_DELETION_DAYS: '0' } })
    const admin = await joinAs(s, 'operator', ['admin'])
    assert.equal((await ask(s, admin)).status, 200)
    assert.equal(await exists(s, admin), false)
  })
})
