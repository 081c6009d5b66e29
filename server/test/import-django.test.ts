/** `samurai-auth import django`: from tables that Django wrote, into each database, and what clients see afterwards. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { enrolApp } from './account/factors.ts'
import { runCommand, startCommand } from './command-line.ts'
import { type DatabaseKind, databases, isAvailable } from './databases.ts'
import { eventually } from './eventually.ts'
import { addUser, fillOldService, keepToken, type OldDatabase, type OldService } from './import-django/old-service.ts'
import {
  countsIn,
  dump,
  importFrom,
  makeTarget,
  reportIn,
  SECRET_KEY,
  startTarget,
  type Target,
} from './import-django/target.ts'
import { oldClaims, signOld } from './old-token.ts'
import {
  claimsOf,
  expectTokenRefused,
  expectWrongCredentials,
  isGood,
  paths,
  refresh,
  register,
  signIn,
  storedHash,
} from './scenario.ts'
import type { TestServer } from './start-server.ts'

const BLACKLISTED = 'Token is blacklisted' // the old service's words for what has ended
const LAST_LOGIN = Date.parse('2025-12-31T23:59:59.123Z')
const withPassword = ['pbkdf2_sha256', 'pbkdf2_sha1', 'argon2', 'bcrypt_sha256', 'bcrypt', 'scrypt', 'emoji'] as const
const refusedTokens = [
  'blacklisted',
  'rotated first',
  'rotated second',
  'of inactive',
  'of deleted',
  'expired',
] as const

if (isAvailable('mysql')) {
  test('import django', async (t) => {
    const service = await fillOldService(t)
    for (const { kind, name } of databases()) {
      await t.test(`into ${name}`, (test) => movesEverybody(test, service, kind))
      await t.test(`into ${name}, which has users of its own`, (test) => leavesOut(test, service, kind))
    }
    await t.test('stops between two batches when told to, and goes on when run again', (test) => stops(test, service))
    await t.test('takes MYSQL_* as the source, also when it is the target', (test) => movesInPlace(test, service))
    await t.test('says what is wrong with the source', (test) => refusesSources(test, service))
  })
}

async function movesEverybody(t: TestContext, service: OldService, kind: DatabaseKind): Promise<void> {
  const { people } = service
  const old = await service.copy(t)
  const before = await old.dump()
  const target = await makeTarget(t, kind)

  await t.test('a dry run on an empty database makes nothing there', async () => {
    const { code, output } = await importFrom(t, old, target, '--dry-run')
    assert.equal(code, 0, output)
    assert.match(output, /nothing was written/)
    assert.deepEqual(countsIn(output), { new: 9, changed: 0, unchanged: 0, 'left out': 0, 'stay signed in': 2 })
    await expectNoSchema(t, target)
  })

  await t.test('takes over users and tokens, says so without a secret, and leaves the source as it was', async () => {
    const { code, output } = await importFrom(t, old, target)
    assert.equal(code, 0, output)
    assert.deepEqual(countsIn(output), { new: 9, changed: 0, unchanged: 0, 'left out': 0, 'stay signed in': 2 })
    assert.match(output, /users: 9 of 9/)
    for (const { hash } of Object.values(people)) assert.ok(!output.includes(hash))
    assert.ok(!output.includes(new URL(old.url).password))
    assert.equal(await old.dump(), before)
  })

  const s = await startTarget(t, target)

  await t.test('ids, names, states and times are those of the old service', async () => {
    const emoji = await userRow(s, people.emoji?.id)
    assert.deepEqual([emoji.email, emoji.first_name, emoji.last_name], ['Emoji@example.com', 'Zoë 🦊', '名前 🏔️'])
    assert.equal(emoji.last_login_at, null)
    assert.equal((await userRow(s, people.argon2?.id)).last_login_at, LAST_LOGIN)
    const rows = await s.db.selectFrom('user').select(['id', 'email', 'disabled_at']).orderBy('id').execute()
    assert.deepEqual(
      rows.map(({ id, email }) => ({ id, email })),
      Object.values(people).map(({ id, email }) => ({ id, email })),
    )
    assert.deepEqual(
      rows.filter((row) => row.disabled_at !== null).map(({ id }) => id),
      [people.inactive?.id],
    )
  })

  await t.test('a second run, and a dry run, change nothing', async () => {
    const rows = await dump(s)
    for (const option of [['--dry-run'], ['--batch', '2']]) {
      const { code, output } = await importFrom(t, old, target, ...option)
      assert.equal(code, 0, output)
      assert.deepEqual(countsIn(output), { new: 0, changed: 0, unchanged: 9, 'left out': 0, 'stay signed in': 0 })
      assert.equal(await dump(s), rows)
    }
  })

  await t.test('whoever was signed in stays so, with a refresh token that works once', async () => {
    for (const name of ['open', 'rotated last']) {
      const pair = await refresh(s, tokenOf(service, name))
      assert.ok(await isGood(s, pair.access))
      expectTokenRefused(await s.post(paths.refresh, { refresh: tokenOf(service, name) }), BLACKLISTED)
    }
  })

  await t.test('a token that was no good there is refused here', async () => {
    for (const name of refusedTokens) {
      const token = tokenOf(service, name)
      const answer = await s.post(paths.refresh, { refresh: token })
      assert.equal(answer.status, 401, `${name}: ${answer.text}`)
      assert.equal(await isGood(s, token), false, name)
    }
  })

  await t.test('everybody signs in with their password, whose hash is Argon2id from then on', async () => {
    for (const name of withPassword) {
      const { id, email, password } = people[name] ?? assert.fail(name)
      const { access } = await signIn(s, email, password)
      assert.equal(claimsOf(access).user_id, id)
      assert.match(await storedHash(s, id), /^\$argon2id\$/, name)
      await signIn(s, email.toUpperCase(), password)
    }
  })

  await t.test('who was inactive there, or had no password, does not sign in here', async () => {
    for (const name of ['inactive', 'unusable']) {
      const { email, password } = people[name] ?? assert.fail(name)
      expectWrongCredentials(await s.post(paths.login, { email, password: password || '!' }))
    }
  })

  await t.test('a new user gets an id that nobody ever had there', async () => {
    const answer = await s.post(paths.register, { email: 'new@example.com', password: 'a new long password' })
    assert.equal(answer.status, 201, answer.text)
    const { access } = await signIn(s, 'new@example.com', 'a new long password')
    assert.ok(claimsOf(access).user_id > claimsOf(tokenOf(service, 'of deleted')).user_id)
  })

  await t.test('who was deleted there meanwhile is named until they cannot sign in here', () =>
    tellsGone(t, service, old, target, s),
  )
  await t.test('a later run takes over what changed there meanwhile', () => takesDifference(t, service, old, target, s))
  await t.test('whoever was erased here is not brought back', () => leavesErased(t, service, old, target, s))
}

/** Whoever registered here was never there, and is not named. */
async function tellsGone(
  t: TestContext,
  { people: { emoji } }: OldService,
  old: OldDatabase,
  target: Target,
  s: TestServer,
): Promise<void> {
  assert.ok(emoji)
  const email = 'gone@x.org'
  await addUser(old, 4000, email, emoji.hash)
  assert.equal((await importFrom(t, old, target)).code, 0)
  await old.run('delete from accounts_customuser where id = 4000')
  for (const options of [['--dry-run'], [], ['--batch', '1']]) {
    const { code, output } = await importFrom(t, old, target, ...options)
    assert.equal(code, 3, output)
    assert.match(output, /Here, but not there any more:\n +1 {2}taken over earlier.*users disable <id>.*\n\s+id 4000\n/)
    await signIn(s, email, emoji.password) // nobody is ended by an import that may have looked into the wrong database
  }
  assert.equal((await runCommand(t, target.environment, ['users', 'disable', '4000'])).code, 0)
  const { code, output } = await importFrom(t, old, target)
  assert.equal(code, 0, output)
  assert.doesNotMatch(output, /not there any more/)
}

/** They asked for it here; the old database does not know. */
async function leavesErased(
  t: TestContext,
  { people }: OldService,
  old: OldDatabase,
  target: Target,
  s: TestServer,
): Promise<void> {
  const { bcrypt } = people
  assert.ok(bcrypt)
  await s.service.lifecycle.erase(bcrypt.id)
  await keepToken(old, signOld(oldClaims(s, bcrypt.id, 'refresh')), false)
  const before = await dump(s)
  for (const options of [['--dry-run'], []]) {
    const { code, output } = await importFrom(t, old, target, ...options)
    assert.equal(code, 3, output)
    assert.match(output, new RegExp(`1 {2}this person was erased here, and stays so\\n\\s+id ${bcrypt.id}\\n`))
    assert.match(output, /skipped: the user is not here/)
    assert.equal(await dump(s), before)
  }
  expectWrongCredentials(await s.post(paths.login, bcrypt))
}

async function takesDifference(
  t: TestContext,
  { people, tokens }: OldService,
  old: OldDatabase,
  target: Target,
  s: TestServer,
): Promise<void> {
  const { emoji, argon2, pbkdf2_sha1: sha1, unusable, scrypt, bcrypt } = people
  assert.ok(emoji && argon2 && sha1 && unusable && scrypt && bcrypt)
  const signedIn = await signIn(s, argon2.email, argon2.password)
  const late = signOld(oldClaims(s, 5000, 'refresh'))
  const beforeFactor = signOld(oldClaims(s, emoji.id, 'refresh'))
  await keepToken(old, beforeFactor, false)
  await enrolApp(s, { ...emoji, ...(await signIn(s, emoji.email, emoji.password)) })
  await s.service.lifecycle.disable(scrypt.id)
  const change = 'update accounts_customuser set'
  await old.run(`${change} first_name = 'Zoé' where id = ?`, [emoji.id])
  await old.run(`${change} password = ? where id in (?, ?)`, [emoji.hash, sha1.id, unusable.id])
  await old.run(`${change} is_active = 0 where id = ?`, [argon2.id])
  await old.run(`${change} last_login = '2030-01-01 00:00:00' where id = ?`, [bcrypt.id])
  await old.run(`${change} last_login = '2026-01-01 00:00:00' where id = ?`, [emoji.id])
  await addUser(old, 5000, 'late@x.org', emoji.hash)
  await keepToken(old, late, true)
  await old.run(
    'insert into token_blacklist_blacklistedtoken (token_id, blacklisted_at) select id, now() from token_blacklist_outstandingtoken where jti = ?',
    [claimsOf(tokens.second ?? '').jti],
  )

  const dry = await importFrom(t, old, target, '--dry-run')
  assert.ok(await isGood(s, signedIn.access))
  const { code, output } = await importFrom(t, old, target)
  assert.equal(code, 3, output)
  assert.equal(reportIn(dry.output), reportIn(output))
  assert.deepEqual(countsIn(output), { new: 1, changed: 4, unchanged: 5, 'left out': 0, 'stay signed in': 0 })
  assert.match(output, /1 {4}disabled now/)
  assert.match(output, /1 {2}active there, disabled here and stays so.*\n\s+id 6\n/)
  assert.match(output, /1 {2}ended here now/)
  const ends = s.db.selectFrom('event').select(['user_id', 'actor_kind', 'session_id'])
  const told = await ends.where('type', '=', 'session.ended').where('reason', '=', 'imported-as-ended').execute()
  const sessions = s.db.selectFrom('session').select('current_token_id')
  const [ended] = await sessions.where('id', '=', told[0]?.session_id ?? '').execute()
  const second = claimsOf(tokens.second ?? '')
  assert.deepEqual(
    [told.length, told[0]?.user_id, told[0]?.actor_kind, ended?.current_token_id],
    [1, second.user_id, 'system', second.jti],
    'one event, of the session that was open here',
  )

  assert.equal((await userRow(s, emoji.id)).first_name, 'Zoé')
  assert.ok(((await userRow(s, emoji.id)).last_login_at ?? 0) > Date.parse('2026-01-01'), 'the login here was later')
  assert.equal((await userRow(s, bcrypt.id)).last_login_at, Date.parse('2030-01-01'))
  await signIn(s, unusable.email, emoji.password) // has a password now
  await signIn(s, sha1.email, sha1.password) // the hash that was made here stays
  await signIn(s, 'late@x.org', emoji.password)
  for (const token of [late, tokens.second ?? '', signedIn.refresh, beforeFactor]) {
    expectTokenRefused(await s.post(paths.refresh, { refresh: token }), BLACKLISTED)
  }
  await s.clock.advance(0) // the feed tells it within a second
  assert.equal(await isGood(s, signedIn.access), false)
  for (const { email, password } of [argon2, scrypt]) {
    expectWrongCredentials(await s.post(paths.login, { email, password }))
  }
}

async function leavesOut(t: TestContext, service: OldService, kind: DatabaseKind): Promise<void> {
  const { people } = service
  const { pbkdf2_sha256: sha256, argon2, emoji, bcrypt } = people
  assert.ok(sha256 && argon2 && emoji && bcrypt)
  const old = await service.copy(t)
  await old.run(
    'alter table accounts_customuser modify email varchar(300) collate utf8mb4_bin not null, modify first_name varchar(200) not null',
  )
  const rows: [number, string, string, string][] = [
    [100, 'ARGON2@example.com', emoji.hash, ''],
    [101, '', emoji.hash, ''],
    [102, `${'a'.repeat(250)}@x.org`, emoji.hash, ''],
    [103, 'long-name@x.org', emoji.hash, `\0${'🦊'.repeat(151)}`],
    [104, 'md5@x.org', 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99', ''],
    [105, '"quoted"@x.org', emoji.hash, ''],
    [106, 'case@x.org', emoji.hash, ''],
    [107, 'CASE@x.org', emoji.hash, ''],
  ]
  for (const row of rows) await addUser(old, ...row)
  const target = await makeTarget(t, kind)
  const s = await startTarget(t, target)
  await register(s, { email: 'first@here.org' }) // takes the id 1
  await register(s, { email: bcrypt.email }) // takes the id 2 and the address of 5
  const stranger = signOld(oldClaims(s, sha256.id, 'refresh'))
  await keepToken(old, stranger, false)
  const before = await dump(s)

  const dry = await importFrom(t, old, target, '--dry-run')
  assert.equal(await dump(s), before)
  const { code, output } = await importFrom(t, old, target)
  assert.equal(dry.code, 3)
  assert.equal(code, 3)
  assert.equal(reportIn(dry.output), reportIn(output))

  await t.test('what cannot be taken over is left out, counted and told by example', () => {
    assert.match(output, /2 {2}the id belongs to another person here.*\n\s+id 1, 2\n/)
    assert.match(output, /1 {2}the address belongs to another person here\n\s+id 5 \(address of 2\)\n/)
    assert.match(
      output,
      /2 {2}another user of the old service has this address.*\n\s+id 100 \(address of 3\), 107 \(address of 106\)\n/,
    )
    assert.match(output, /2 {2}the address is empty, longer than 254.*\n\s+id 101, 102\n/)
    assert.match(output, /7 {2}left out\n/)
  })

  await t.test('what is lost of users who are taken over is told too', async () => {
    assert.match(output, /1 {2}the password hash has a format that nobody can check.*\n\s+id 104\n/)
    assert.match(output, /1 {2}a name did not fit.*\n\s+id 103\n/)
    assert.match(output, /1 {2}a login does not take this as an address\n\s+id 105\n/)
    assert.equal((await userRow(s, 103)).first_name, '🦊'.repeat(150))
    expectWrongCredentials(await s.post(paths.login, { email: 'md5@x.org', password: 'password' }))
  })

  await t.test(
    'nobody is merged: of two spellings the first is taken, and who was here keeps id and address',
    async () => {
      assert.equal((await userRow(s, 1)).email, 'first@here.org')
      assert.equal((await userRow(s, 2)).email, bcrypt.email)
      assert.equal((await userRow(s, argon2.id)).email, argon2.email)
      const left = await s.db.selectFrom('user').select('id').where('id', 'in', [5, 100, 101, 102, 107]).execute()
      assert.deepEqual(left, [])
    },
  )

  await t.test("a token issued there to an id that is somebody else's here is refused", async () => {
    expectTokenRefused(await s.post(paths.refresh, { refresh: stranger }), BLACKLISTED)
  })

  await t.test('the next run says the same', async () => {
    const again = await importFrom(t, old, target)
    assert.equal(again.code, 3)
    assert.match(again.output, /7 {2}left out\n/)
    assert.deepEqual(countsIn(again.output), { new: 0, changed: 0, unchanged: 10, 'left out': 7, 'stay signed in': 0 })
  })
}

async function stops(t: TestContext, service: OldService): Promise<void> {
  const old = await service.copy(t)
  await old.run(
    "insert into accounts_customuser select seq, concat('many', seq, '@x.org'), ?, null, '', '', 1 from seq_1001_to_4000",
    [service.people.emoji?.hash],
  )
  const target = await makeTarget(t, 'sqlite')
  const words = ['import', 'django', '--from', old.url, '--batch', '1']
  const running = await startCommand(t, target.environment, words)
  await eventually('the import has begun', () => running.output().includes('users: 1 of'))
  assert.equal(await running.stop('SIGINT'), 130)
  assert.match(running.output(), /Run the same command again to go on/)
  const s = await startTarget(t, target)
  const done = (await s.db.selectFrom('user').select('id').execute()).length
  assert.ok(done > 0 && done < 3009, `${done} users`)

  const { code, output } = await importFrom(t, old, target)
  assert.equal(code, 0, output)
  assert.deepEqual(countsIn(output), {
    new: 3009 - done,
    changed: 0,
    unchanged: done,
    'left out': 0,
    'stay signed in': 2,
  })
  await refresh(s, tokenOf(service, 'open'))
}

async function movesInPlace(t: TestContext, service: OldService): Promise<void> {
  const old = await service.copy(t)
  const before = await old.dump()
  const { code, output } = await runCommand(t, { ...old.variables, SECRET_KEY }, ['import', 'django'])
  assert.equal(code, 0, output)
  const s = await startTarget(t, { kind: 'mysql', url: old.url, environment: {} })
  await signIn(s, 'emoji@example.com', service.people.emoji?.password)
  assert.equal(await old.dump(), before)

  const target = await makeTarget(t, 'sqlite')
  const other = await runCommand(t, { ...old.variables, ...target.environment }, ['import', 'django'])
  assert.equal(other.code, 0, other.output)
  assert.equal(countsIn(other.output).new, 9)
}

async function refusesSources(t: TestContext, service: OldService): Promise<void> {
  const old = await service.copy(t)
  const target = await makeTarget(t, 'sqlite')
  const wrongPassword = old.url.replace(/:[^:@]+@/, ':wr0ng%21secret@')
  const cases: readonly [string, number, RegExp][] = [
    ['postgres://a:s3cret@127.0.0.1/b', 2, /^--from must be an address/],
    ['mysql://a:s3cret@127.0.0.1:1/b', 1, /^The old database does not answer: connect ECONNREFUSED 127\.0\.0\.1:1\n$/],
    [wrongPassword, 1, /^The old database does not answer: Access denied for user .*\n$/],
    [old.url.replace(/[^/]+$/, 'mysql'), 1, /^There is no table accounts_customuser/],
  ]
  for (const [from, code, message] of cases) {
    const ended = await runCommand(t, target.environment, ['import', 'django', '--from', from])
    assert.equal(ended.code, code, ended.output)
    assert.match(ended.output, message)
    assert.doesNotMatch(ended.output, /s3cret|secret| {4}at /)
  }
  assert.ok(!existsSync(target.url.slice('sqlite:'.length)), 'the target is not touched')

  await old.run('drop table token_blacklist_blacklistedtoken, token_blacklist_outstandingtoken')
  const { code, output } = await importFrom(t, old, target)
  assert.equal(code, 0, output)
  assert.match(output, /Refresh tokens: the old database has no tables of them/)
}

async function expectNoSchema(t: TestContext, { kind, url, environment }: Target): Promise<void> {
  if (kind === 'sqlite') return assert.ok(!existsSync(url.slice('sqlite:'.length)))
  const { code, output } = await runCommand(t, environment, ['migrate', 'status'])
  assert.equal(code, 3, output)
  for (const line of output.trim().split('\n')) assert.match(line, /^missing /)
}

function userRow({ db }: TestServer, id = 0) {
  return db.selectFrom('user').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

function tokenOf({ tokens }: OldService, name: string): string {
  return tokens[name] ?? assert.fail(`there is no token "${name}"`)
}
