/** `samurai-auth import users`: from a file, with hashes of many servers, into each database, and what clients see afterwards. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCommand, startCommand } from './command-line.ts'
import { type DatabaseKind, databases } from './databases.ts'
import { eventually } from './eventually.ts'
import { countsIn, dump, makeTarget, startTarget, type Target } from './import-django/target.ts'
import { expectWrongCredentials, paths, register, signIn, storedHash } from './scenario.ts'
import type { TestServer } from './start-server.ts'

const PHRASE = 'correct horse battery staple'
const LAST_LOGIN = '2025-12-31T23:59:59.123Z'
const OURS = /^\$argon2id\$/

/** One of each kind; made as server/src/features/passwords/foreign-hash.test.ts says. */
const hashes: Readonly<Record<string, object>> = {
  bcrypt: { password_hash: '$2b$04$4EP8b8EIiNnRfApfgRMuJe4RIvNfApuTk3HKUQMuC4ayA7W4GuQZa' },
  scrypt: {
    password_hash: '$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$wk79EttC618m617oirShLZuxJkXcX6rXHrrS9rQQ/44',
  },
  pbkdf2: {
    password_hash: '$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4',
  },
  argon2id: {
    password_hash: '$argon2id$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$3lna1VFG/f/wo75QIhAuAd1qbdP6wPuUV2Zp7X1x+NY',
  },
  argon2d: {
    password_hash: '$argon2d$v=19$m=64,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$zX7JqnrvB0Hki4rgPhFYpTLdtaV8sLJ3eSZo9LYJk8w',
  },
  ldap: { password_hash: '{SSHA}o7B+j1mFfbmEwTcG4Xb9GJL9mOYAAQIDBAUGBw==' },
  keycloak: {
    password_format: 'keycloak',
    password_params: {
      credentialData: '{"hashIterations":1000,"algorithm":"pbkdf2-sha256","additionalParameters":{}}',
      secretData:
        '{"value":"ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ7TX23G+6QgERwdCrtdq7/IU5aB6IVSOpTz6igHBLZ5Gw==","salt":"AAECAwQFBgcICQoLDA0ODw==","additionalParameters":{}}',
    },
  },
}

const project = {
  signer_key: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  salt_separator: 'Bw==',
  rounds: 8,
  mem_cost: 14,
}

for (const { kind, name } of databases()) {
  test(`import users into ${name}`, async (t) => {
    await t.test('from JSON lines, with and without ids', (test) => takesJsonLines(test, kind))
    await t.test('from CSV, with the parameters of a Firebase project', (test) => takesFirebaseCsv(test, kind))
    await t.test('reports what it leaves out by line, and repeats nothing of it', (test) => leavesOut(test, kind))
    await t.test('takes over the difference when it is run again', (test) => takesDifference(test, kind))
    await t.test('brings nobody back who was erased here', (test) => leavesErased(test, kind))
    await t.test('stops between two batches when told to, and goes on when run again', (test) => stops(test, kind))
  })
}

async function takesJsonLines(t: TestContext, kind: DatabaseKind): Promise<void> {
  const target = await makeTarget(t, kind)
  const names = Object.keys(hashes)
  const people = names.map((name, index) => ({
    ...hashes[name],
    email: `${name}@example.com`,
    ...(index % 2 && { id: 1000 + index }),
  }))
  const more = [
    { email: 'zoe@example.com', first_name: 'Zoë 🦊', last_name: '名前', last_login: LAST_LOGIN, id: 77 },
    { email: 'inactive@example.com', is_active: false, ...hashes.bcrypt },
  ]
  const file = await fileOf(
    t,
    'users.jsonl',
    [...people, ...more].map((user) => JSON.stringify(user)),
  )

  await t.test('a dry run on an empty database says the same as the import, and makes nothing', async () => {
    const { code, output } = await importFrom(t, target, file, '--dry-run')
    assert.equal(code, 0, output)
    assert.match(output, /nothing was written/)
    assert.equal(countsIn(output).new, 9)
  })

  await t.test('takes over everybody, with a bar of progress', async () => {
    const { code, output } = await importFrom(t, target, file)
    assert.equal(code, 0, output)
    assert.equal(countsIn(output).new, 9)
    assert.match(output, /users: 9 of 9, [\d,]+\/s/)
    assert.ok(!output.includes('Refresh tokens'))
  })

  const s = await startTarget(t, target)

  await t.test('ids stay; who had none is given one above all of the file', async () => {
    for (const [index, name] of names.entries()) {
      const { id } = await userOf(s, `${name}@example.com`)
      if (index % 2) assert.equal(id, 1000 + index)
      else assert.ok(id > 1000 + names.length - 2, `${name}: ${id}`)
    }
    const zoe = await userOf(s, 'zoe@example.com')
    assert.deepEqual(
      [zoe.id, zoe.first_name, zoe.last_name, zoe.last_login_at],
      [77, 'Zoë 🦊', '名前', Date.parse(LAST_LOGIN)],
    )
  })

  await t.test('everybody signs in with their password, whose hash is Argon2id from then on', async () => {
    for (const name of names) {
      const email = `${name}@example.com`
      const { id } = await userOf(s, email)
      assert.doesNotMatch(await storedHash(s, id), OURS, name)
      expectWrongCredentials(await s.post(paths.login, { email, password: `${PHRASE}.` }))
      await signIn(s, email, PHRASE)
      assert.match(await storedHash(s, id), OURS, name)
      await signIn(s, email, PHRASE)
    }
  })

  await t.test('whoever is inactive, or has no password, does not', async () => {
    for (const email of ['inactive@example.com', 'zoe@example.com']) {
      expectWrongCredentials(await s.post(paths.login, { email, password: PHRASE }))
    }
  })

  await t.test('a second run, and a dry run, change nothing, though hashes are ours meanwhile', async () => {
    const rows = await dump(s)
    for (const option of [['--dry-run'], ['--batch', '2'], []]) {
      const { code, output } = await importFrom(t, target, file, ...option)
      assert.equal(code, 0, output)
      assert.deepEqual([countsIn(output).new, countsIn(output).changed, countsIn(output).unchanged], [0, 0, 9])
      assert.equal(await dump(s), rows)
    }
  })

  await t.test('whoever registers afterwards is given an id that nobody in the file has', async () => {
    await register(s, { email: 'new@example.com' })
    assert.ok((await userOf(s, 'new@example.com')).id > 1005)
  })
}

async function takesFirebaseCsv(t: TestContext, kind: DatabaseKind): Promise<void> {
  const target = await makeTarget(t, kind)
  const file = await fileOf(t, 'users.csv', [
    '\ufeffemail,first_name,password_hash,password_salt,email_verified,localId',
    'ann@example.com,"Ann, of ""Quotes"" and\r\ntwo lines",lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==,42xEC+ixf3L2lw==,true,a1',
    '',
    'bob@example.com,Bob,,,false,b2',
  ])
  const parameters = await fileOf(t, 'project.json', [JSON.stringify(project)])
  const options = ['--password-format', 'firebase-scrypt', '--password-params', parameters]
  const { code, output } = await importFrom(t, target, file, ...options)
  assert.equal(code, 0, output)
  assert.equal(countsIn(output).new, 2)
  assert.match(output, /Fields that mean nothing here were ignored: localId/)
  const s = await startTarget(t, target)
  const { id, first_name } = await userOf(s, 'ann@example.com')
  assert.notEqual((await userOf(s, 'ann@example.com')).email_verified_at, null)
  assert.equal((await userOf(s, 'bob@example.com')).email_verified_at, null)
  assert.equal(first_name, 'Ann, of "Quotes" and\r\ntwo lines')
  assert.ok(!(await storedHash(s, id)).includes(project.signer_key.slice(0, 20)))
  await signIn(s, 'ann@example.com', 'user1password')
  assert.match(await storedHash(s, id), OURS)
}

async function leavesOut(t: TestContext, kind: DatabaseKind): Promise<void> {
  const target = await makeTarget(t, kind)
  const s = await startTarget(t, target)
  await register(s, { email: 'Here@example.com' })
  const { id } = await userOf(s, 'Here@example.com')
  const secrets = ['hunter2-in-the-clear', '5f4dcc3b5aa765d61d8327deb882cf99', 'sekret-in-broken-json']
  const file = await fileOf(t, 'users.jsonl', [
    '{"email":"ann@example.com"}',
    '{"email":"ANN@example.com","first_name":"Another"}', // 2: in another spelling
    '{"email":"ann@example.com"}', // 3: once more
    '{"id":50,"email":"first50@example.com"}',
    '{"id":50,"email":"second50@example.com"}', // 5: an id twice
    `{"id":${id},"email":"thief@example.com"}`, // 6: the id of somebody here
    '{"id":51,"email":"here@example.com"}', // 7: the address of somebody here
    `{"email":"broken@example.com","password_hash":"${secrets[2]}`, // 8
    '["an", "array"]', // 9
    '',
    '{"first_name":"Nobody"}', // 11
    '{"email":"flag@example.com","is_active":"sometimes"}', // 12
    '{"email":"time@example.com","last_login":"2025-12-31 12:00:00"}', // 13
    '{"email":"format@example.com","password_format":"rot13"}', // 14
    '{"id":-3,"email":"minus@example.com"}', // 15
    `{"email":"long@example.com","first_name":"${'x'.repeat(70_000)}"}`, // 16
    `{"email":"clear@example.com","password_hash":"${secrets[0]}"}`, // 17: taken over without
    `{"email":"md5@example.com","password_hash":"${secrets[1]}"}`, // 18: taken over without
    '{"email":"last@example.com"}',
  ])
  const { code, output } = await importFrom(t, target, file)
  assert.equal(code, 3, output)
  const told = output.split('\n').map((line) => line.trim())
  const places = [
    ['an earlier line has this address', 'line 2 (address of line 1), 3 (address of line 1)'],
    ['an earlier line has this id', 'line 5'],
    ['the id belongs to another person here', 'line 6'],
    ['the address belongs to another person here', `line 7 (address of user ${id})`],
    ['not a JSON object', 'line 8, 9'],
    ['email: missing', 'line 11'],
    ['is_active or email_verified', 'line 12'],
    ['last_login', 'line 13'],
    ['password_format', 'line 14'],
    ['the id is no positive whole number', 'line 15'],
    ['longer than 64 KiB', 'line 16'],
    ['a format that nobody can check', 'line 17, 18'],
  ] as const
  for (const [reason, where] of places) {
    const at = told.findIndex((line) => line.includes(reason))
    assert.equal(told[at + 1], where, reason)
  }
  assert.deepEqual([countsIn(output).new, countsIn(output)['left out']], [5, 13])
  for (const secret of [...secrets, 'Nobody', 'sometimes']) assert.ok(!output.includes(secret), secret)
  const rows = await dump(s)
  for (const secret of secrets) assert.ok(!rows.includes(secret), secret)
  assert.equal((await userOf(s, 'ann@example.com')).first_name, '')
  assert.equal((await userOf(s, 'Here@example.com')).id, id)
  await signIn(s, 'here@example.com')
}

async function takesDifference(t: TestContext, kind: DatabaseKind): Promise<void> {
  const target = await makeTarget(t, kind)
  const lines = [
    { email: 'ann@example.com', ...hashes.bcrypt },
    { email: 'bob@example.com', ...hashes.bcrypt },
    { email: 'eve@example.com', ...hashes.bcrypt },
  ]
  await importFrom(
    t,
    target,
    await fileOf(
      t,
      'users.jsonl',
      lines.map((user) => JSON.stringify(user)),
    ),
  )
  const s = await startTarget(t, target)
  await signIn(s, 'ann@example.com', PHRASE)
  const own = await storedHash(s, (await userOf(s, 'ann@example.com')).id)
  const later = [
    { email: 'Ann@example.com', first_name: 'Ann', ...hashes.ldap }, // used here since: the password stays
    { email: 'bob@example.com', ...hashes.scrypt }, // changed there
    { email: 'eve@example.com', is_active: false, ...hashes.bcrypt },
    { email: 'new@example.com', ...hashes.pbkdf2 },
  ]
  const file = await fileOf(
    t,
    'users.jsonl',
    later.map((user) => JSON.stringify(user)),
  )
  const position = await lastPosition(s)
  const { code, output } = await importFrom(t, target, file)
  assert.equal(code, 0, output)
  assert.deepEqual([countsIn(output).new, countsIn(output).changed], [1, 3])
  assert.deepEqual(await factsSince(s, position), [
    'email.changed by system on Ann@example.com',
    'password.changed by system on bob@example.com',
    'user.changed by system on Ann@example.com',
    'user.disabled by system on eve@example.com',
    'user.imported by system on new@example.com',
  ])
  const ann = await userOf(s, 'Ann@example.com')
  assert.equal(ann.first_name, 'Ann')
  assert.equal(await storedHash(s, ann.id), own)
  assert.match(await storedHash(s, (await userOf(s, 'bob@example.com')).id), /^\$scrypt\$/)
  for (const email of ['ann@example.com', 'bob@example.com', 'new@example.com']) await signIn(s, email, PHRASE)
  expectWrongCredentials(await s.post(paths.login, { email: 'eve@example.com', password: PHRASE }))
}

/** By the id, which is all that is kept of them. */
async function leavesErased(t: TestContext, kind: DatabaseKind): Promise<void> {
  const target = await makeTarget(t, kind)
  const lines = [7, 8].map((id) => JSON.stringify({ id, email: `user${id}@example.com`, ...hashes.ldap }))
  const file = await fileOf(t, 'users.jsonl', lines)
  assert.equal((await importFrom(t, target, file)).code, 0)
  const s = await startTarget(t, target)
  await s.service.lifecycle.erase(7)
  const before = await dump(s)
  const { code, output } = await importFrom(t, target, file)
  assert.equal(code, 3, output)
  assert.match(output, /1 {2}this person was erased here, and stays so\n\s+line 1\n/)
  assert.deepEqual([countsIn(output).new, countsIn(output).unchanged], [0, 1])
  assert.equal(await dump(s), before)
}

async function stops(t: TestContext, kind: DatabaseKind): Promise<void> {
  const target = await makeTarget(t, kind)
  const many = Array.from({ length: 5_000 }, (_, number) =>
    JSON.stringify({ email: `user${number}@example.com`, ...hashes.ldap }),
  )
  const file = await fileOf(t, 'users.jsonl', many)
  const command = await startCommand(t, target.environment, ['import', 'users', '--file', file, '--batch', '20'])
  await eventually('the first batch is done', () => command.output().includes('users: '), 60)
  const code = await command.stop('SIGINT')
  assert.equal(code, 130, command.output())
  assert.match(command.output(), /Run the same command again/)
  const s = await startTarget(t, target)
  const done = await count(s)
  assert.ok(done > 0 && done < 5_000, `${done}`)
  assert.equal(done % 20, 0)
  const { output } = await importFrom(t, target, file)
  assert.deepEqual([countsIn(output).new, countsIn(output).unchanged], [5_000 - done, done])
  assert.equal(await count(s), 5_000)
}

const wrongCalls: readonly [why: string, options: readonly string[], reason: RegExp][] = [
  ['no file', [], /Say where the users are/],
  ['a file of an unknown kind', ['--file', 'users.xml'], /Say what the file is/],
  [
    'an unknown format of hashes',
    ['--file', 'users.csv', '--password-format', 'rot13'],
    /--password-format must be one of/,
  ],
  ['a batch of nothing', ['--file', 'users.csv', '--batch', '0'], /--batch must be/],
  ['a word too many', ['--file', 'users.csv', 'please'], /Unexpected argument/],
]
for (const [why, options, reason] of wrongCalls) {
  test(`import users is not done with ${why}`, async (t) => {
    const { code, output } = await runCommand(t, {}, ['import', 'users', ...options])
    assert.equal(code, 2, output)
    assert.match(output, reason)
  })
}

const wrongFiles: readonly [why: string, lines: readonly string[], reason: RegExp][] = [
  ['whose columns have no names', ['ann@example.com,Ann'], /must name its columns/],
  ['with a column twice', ['email,email', 'a@example.com,b@example.com'], /must name its columns, each once/],
  ['with a stray quote', ['email,first_name', 'ann@example.com,"An"n', 'bob@example.com,B'], /not CSV from line 2 on/],
  ['with a row without end', ['email,first_name', `ann@example.com,"${'x\n'.repeat(40_000)}"`], /not CSV from line/],
]
for (const [why, lines, reason] of wrongFiles) {
  test(`import users takes nothing of a CSV file ${why}`, async (t) => {
    const target = await makeTarget(t, 'sqlite')
    const { code, output } = await importFrom(t, target, await fileOf(t, 'users.csv', lines))
    assert.equal(code, 1, output)
    assert.match(output, reason)
    assert.equal(await count(await startTarget(t, target)), 0)
  })
}

async function fileOf(t: TestContext, name: string, lines: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'import-users-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, name), lines.join('\n'))
  return join(folder, name)
}

function importFrom(t: TestContext, { environment }: Target, file: string, ...options: string[]) {
  return runCommand(t, environment, ['import', 'users', '--file', file, ...options])
}

async function userOf({ db }: TestServer, email: string) {
  return db
    .selectFrom('user')
    .select(['id', 'email', 'first_name', 'last_name', 'last_login_at', 'email_verified_at'])
    .where('email_key', '=', email.toLowerCase())
    .executeTakeFirstOrThrow()
}

async function lastPosition({ db }: TestServer): Promise<number> {
  const { last } = await db
    .selectFrom('event')
    .select((eb) => eb.fn.max('position').as('last'))
    .executeTakeFirstOrThrow()
  return Number(last)
}

/** What was told after this position, in the order of words. */
async function factsSince({ db }: TestServer, position: number): Promise<string[]> {
  const rows = await db
    .selectFrom('event')
    .innerJoin('user', 'user.id', 'event.user_id')
    .select(['event.type', 'event.actor_kind', 'user.email'])
    .where('position', '>', position)
    .execute()
  return rows.map(({ type, actor_kind, email }) => `${type} by ${actor_kind} on ${email}`).sort()
}

async function count({ db }: TestServer): Promise<number> {
  const row = await db
    .selectFrom('user')
    .select((eb) => eb.fn.countAll().as('users'))
    .executeTakeFirstOrThrow()
  return Number(row.users)
}
