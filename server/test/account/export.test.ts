/** A copy of all that is kept about somebody, for them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { latest, notice } from '../account-by-mail/mail.ts'
import { eventsAbout, joinAs } from '../admin/operators.ts'
import { databases } from '../databases.ts'
import { claimsOf, expectProblem, isGood, join, logOut, paths, signIn, storedHash } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { unzip } from '../unzip.ts'
import { bearer, enrolApp, enrolPasskey, NOWHERE, post, prove } from './factors.ts'
import { askForCopy as ask, takeCopy as take } from './take-copy.ts'

const PATH = '/api/account/export'
const FILES = [
  'README.txt',
  'addresses.json',
  'codes.json',
  'credentials.json',
  'events.json',
  'profile.json',
  'roles.json',
  'sessions.json',
]

describe('a copy of all that is kept about somebody', () => {
  for (const { kind, name } of databases()) {
    it(`is one archive, with everything of them and nothing of others (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const bob = await join(s, 'bob')
      const ann = await enrolPasskey(s, await enrolApp(s, await join(s, 'ann')))
      await s.service.lifecycle.changeRole({ userId: ann.id, role: 'support', isGranted: true })
      await s.post(paths.login, { email: ann.email, password: 'not this one' }, { 'user-agent': 'a thief' })
      const { files, json, all, headers } = await take(s, ann)
      assert.deepEqual([...files.keys()].sort(), FILES)
      assert.equal(headers.get('content-type'), 'application/zip')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('content-disposition'), `attachment; filename="account-${ann.id}-2026-11-23.zip"`)
      assert.deepEqual(json('profile'), {
        id: ann.id,
        first_name: '',
        last_name: '',
        locale: null,
        is_active: true,
        created_at: '2026-11-23T12:00:00.250Z',
        last_login_at: '2026-11-23T12:00:00.250Z',
        sessions_ended_at: null,
        deletion: null,
      })
      assert.deepEqual(json('addresses'), [{ email: ann.email, verified_at: null }])
      assert.deepEqual(json('roles'), {
        roles: ['support'],
        permissions: ['sessions:end', 'users:read'],
        granted: [{ role: 'support', at: '2026-11-23T12:00:00.250Z' }],
      })
      const credentials = json('credentials') as Record<string, unknown> & { passkeys: { credential_id: string }[] }
      assert.equal(credentials.passkeys[0]?.credential_id, ann.passkey.credential_id)
      assert.deepEqual(credentials.password, { is_set: true, changed_at: '2026-11-23T12:00:00.250Z' })
      assert.equal(credentials.recovery_codes_left, 10)
      const sessions = json('sessions') as { id: string }[]
      assert.deepEqual(
        sessions.map(({ id }) => id),
        [claimsOf(ann.access).sid],
      )
      const events = json('events') as { type: string; user_agent: string | null }[]
      const inTable = await eventsAbout(s, ann.id)
      assert.equal(events[0]?.type, 'user.exported')
      assert.deepEqual(events.map(({ type }) => type).sort(), inTable.sort())
      assert.ok(events.some((event) => event.type === 'sign-in.failed' && event.user_agent === 'a thief'))
      for (const other of [bob.email, claimsOf(bob.access).sid]) assert.ok(!all.includes(other))
    })

    it(`holds no secret and no hash (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const app = await enrolApp(s, await join(s, 'ann'))
      const ann = await enrolPasskey(s, app)
      const { all } = await take(s, ann)
      const hash = await storedHash(s, ann.id)
      const { email_code, totp, passkey, recovery_code, session } = await secretsOf(s)
      const secrets = [ann.password, app.secret, ...app.recoveryCodes, ann.access, ann.refresh, hash, hash.slice(-20)]
      for (const secret of [...secrets, ...email_code, ...totp, ...passkey, ...recovery_code, ...session])
        assert.ok(!all.includes(secret), secret)
      assert.doesNotMatch(all, /eyJ|\$argon2|argon2id|sealed"|_hash"/)
    })

    it(`is whole also where there is much, and is read a part at a time (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const { events, sessions, database } = s.service
      const failure = {
        type: 'sign-in.failed',
        actor: { kind: 'anonymous' },
        result: 'failure',
        origin: NOWHERE,
      } as const
      await database.transaction(async (tx) => {
        for (let made = 0; made < 1203; made++)
          await events.append(tx, { ...failure, userId: ann.id, reason: 'password' })
        const proof = { amr: ['pwd'], authenticatedAt: s.clock.now() } as const
        for (let made = 0; made < 1000; made++) await sessions.open(tx, ann.id, { origin: NOWHERE, proof })
      })
      const { json } = await take(s, ann)
      const told = json('events') as { id: string }[]
      const kept = json('sessions') as { id: string }[]
      assert.deepEqual([told.length, new Set(told.map(({ id }) => id)).size], [1206, 1206])
      assert.deepEqual([kept.length, new Set(kept.map(({ id }) => id)).size], [1001, 1001])
    })
  }

  async function secretsOf({ db }: TestServer) {
    const texts = async (table: string, ...columns: string[]) => {
      const rows = (await db
        .selectFrom(table as 'session')
        .selectAll()
        .execute()) as unknown as Record<string, unknown>[]
      const found = rows.flatMap((row) => columns.map((column) => row[column]))
      return found.filter((value): value is string => typeof value === 'string' && value.length > 8)
    }
    return {
      email_code: await texts('email_code', 'code_hash', 'token_hash', 'id'),
      totp: await texts('totp', 'secret_sealed'),
      passkey: await texts('passkey', 'public_key'),
      recovery_code: await texts('recovery_code', 'code_hash', 'hash'),
      session: await texts('session', 'current_token_id', 'parent_token_id', 'successor_sealed'),
    }
  }

  it('says in words what each file is, and what is kept and not in it, and why', async (t) => {
    const s = await startServer(t, { environment: { SERVICE_NAME: 'Example' } })
    const { files } = await take(s, await join(s, 'ann'))
    const readme = files.get('README.txt') ?? ''
    for (const file of FILES.slice(1)) assert.ok(readme.includes(file), file)
    assert.match(readme, /^Example: the data of account/)
    assert.match(readme, /NOT IN IT, AND WHY[\s\S]*a hash/)
    assert.ok(readme.split('\n').every((line) => line.length <= 100))
  })

  it('says to which addresses codes were mailed, and of one that is wanted not whether somebody has it', async (t) => {
    const s = await startServer(t)
    const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
    const { code } = await latest(s, ann.email, 'verify-address')
    assert.equal((await post(s, '/api/email/verify', { email: ann.email, code }, ann)).status, 204)
    const moved = 'moved@example.com'
    await post(s, '/api/account/email', { email: moved }, ann)
    const shown = { email: moved, code: (await latest(s, moved, 'change-address')).code }
    assert.equal((await post(s, '/api/account/email/confirm', shown, ann)).status, 204)
    const before = (await take(s, ann)).json('codes') as { email: string; purpose: string }[]
    assert.deepEqual(before.map(({ email, purpose }) => [email, purpose]).sort(), [
      [ann.email, 'undo-address-change'],
      [ann.email, 'verify-address'],
    ])
    assert.deepEqual(before[0], {
      email: ann.email,
      purpose: before[0]?.purpose,
      sent_at: '2026-11-23T12:00:00.250Z',
      expires_at: before[0]?.purpose === 'verify-address' ? '2026-11-23T12:10:00.250Z' : '2026-11-30T12:00:00.250Z',
      used_at: before[0]?.purpose === 'verify-address' ? '2026-11-23T12:00:00.250Z' : null,
    })
    for (const email of [bob.email, 'nobody@example.com']) {
      assert.equal((await post(s, '/api/account/email', { email }, ann)).status, 202)
      const { all, json } = await take(s, ann)
      assert.deepEqual([json('codes'), all.includes(email)], [before, false], email)
    }
  })

  it('holds sessions that ended, and says how', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    await logOut(s, (await signIn(s, ann.email)).refresh)
    const sessions = (await take(s, ann)).json('sessions') as { end_reason: string | null }[]
    assert.deepEqual(sessions.map(({ end_reason }) => end_reason).sort(), ['logout', null])
  })

  it('is for whoever has proven just before who they are, by two factors where there are two', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    expectProblem(await s.post(PATH, {}), 401, 'token-missing')
    await s.clock.advance(301)
    expectProblem(await post(s, PATH, {}, ann), 401, 'step-up-required')
    await prove(s, ann, 'pwd')
    await enrolApp(s, ann)
    await s.clock.advance(301)
    await prove(s, ann, 'pwd')
    expectProblem(await post(s, PATH, {}, ann), 401, 'step-up-required')
    assert.ok(!(await eventsAbout(s, ann.id)).includes('user.exported'))
    await prove(s, ann, 'pwd', 'otp', 'mfa')
    await take(s, ann)
  })

  it('is told to its owner by mail and as an event, and ends nothing', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    await take(s, ann)
    const mail = await notice(s, ann.email, 'account-exported')
    assert.match(mail.text, /127\.0\.0\.1/)
    assert.deepEqual(
      (await eventsAbout(s, ann.id)).filter((type) => type === 'user.exported'),
      ['user.exported'],
    )
    assert.equal(await isGood(s, ann.access), true)
  })

  it('says nothing of the operators who did something, nor of what an operator did to others', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const admin = await joinAs(s, 'operator', ['admin'])
    const desk = { ...bearer(admin), 'user-agent': 'the desk of an operator' }
    assert.equal((await s.post(`/api/admin/users/${ann.id}/disable`, {}, desk)).status, 200)
    assert.equal((await s.post(`/api/admin/users/${ann.id}/enable`, {}, desk)).status, 200)
    const copy = await take(s, await signIn(s, ann.email))
    assert.ok(!copy.all.includes('desk of an operator') && !copy.all.includes(admin.email))
    const own = (await take(s, admin)).json('events') as { type: string }[]
    assert.ok(!own.some(({ type }) => type === 'user.disabled'))
  })

  it('breaks off where something fails in the middle: what was sent is no archive, and the service goes on', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const broken = { data: 'this is no JSON' }
    await s.db.updateTable('event').set(broken).where('type', '=', 'user.registered').execute()
    const taken = ask(s, ann).then((answer) => answer.arrayBuffer())
    await assert.rejects(taken, { message: /terminated/ })
    assert.equal((await s.get('/healthz')).status, 200)
    assert.ok(s.logs.some(({ level, message }) => level === 'error' && message === 'a copy of an account broke off'))
  })

  it('is taken three times in a row, and again after a while', async (t) => {
    const s = await startServer(t, { environment: { LIMITS: 'on' } })
    const ann = await join(s, 'ann')
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(s, ann)))
    const whole = await Promise.all(answers.map(async (answer) => [answer.status, await answer.arrayBuffer()] as const))
    assert.equal(whole.filter(([status]) => status === 200).length, 3)
    for (const [status, bytes] of whole) if (status === 200) unzip(Buffer.from(bytes))
    const refused = await post(s, PATH, {}, ann)
    expectProblem(refused, 429, 'too-many-requests')
    await s.clock.advance(Number(refused.headers['retry-after']))
    await prove(s, ann, 'pwd')
    await take(s, ann)
  })
})
