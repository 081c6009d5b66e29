/** POST register: who gets in, what is kept of them, and that nothing is kept of those who do not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import {
  countRows,
  expectJson,
  expectProblem,
  PASSWORD,
  paths,
  play,
  register,
  type Scenario,
  signIn,
} from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const TAKEN = { email: ['custom user with this email already exists.'] }
const REQUIRED = ['This field is required.']
const REAL_COST = { ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2' }

/** Every kind of text that a name may be: each comes back unchanged, on every database. */
const names: readonly string[] = [
  'Ann',
  'Ünïcödé Жанна 日本',
  'Ann 😀',
  '👩‍👩‍👧‍👦 🇺🇦 ✍🏽',
  '𠮷野家 𝕬𝖓𝖓',
  'مرحبا שלום',
  'e\u0301 is not \u00e9',
  '\u00e9 is not e\u0301',
  'ﬁ ﬀ ſ K İ ı ß ẞ',
  'Z̷͓̈́a̶͉͝l̵̫̏g̷̗̈́o̸͔̿',
  '\u200bzero\u200dwidth\u2060\ufeff',
  'line\u2028and\u2029paragraph',
  'a\nb\tc\u0001d\u007fe\u0085f',
  '\u{10ffff}\uffff\ufffd\ue000',
  "O'Brien; DROP TABLE user;--",
  '<b>"&\'</b> #{x} {{y}} %s \\',
  '😀'.repeat(30),
  'null',
  '0',
]

const sameAddress = ['ann@example.com', 'ANN@EXAMPLE.COM', 'ann@EXAMPLE.com', 'aNN@example.com', ' ann@example.com\n']

/** CVE-2023-39345: what a client says of itself beyond the four fields is not heard. */
const privateFields = {
  id: 4242,
  user_id: 4242,
  is_active: false,
  is_staff: true,
  is_superuser: true,
  disabled_at: 1,
  created_at: 1,
  last_login: '2020-01-01T00:00:00Z',
  last_login_at: 1,
  email_key: 'other@example.com',
  hash: '!',
  role: 'admin',
}

const refused: readonly Scenario[] = [
  ['nothing', {}, 400, { email: REQUIRED, password: REQUIRED }],
  [
    'a weak password',
    { email: 'weak@example.com', password: 'password' },
    400,
    { password: ['This password is too common.'] },
  ],
  ['a wrong address', { email: 'plain', password: PASSWORD }, 400, { email: ['Enter a valid email address.'] }],
  [
    'a name that does not fit',
    { email: 'long@example.com', password: PASSWORD, last_name: 'n'.repeat(31) },
    400,
    { last_name: ['Ensure this field has no more than 30 characters.'] },
  ],
  [
    'a NUL, which PostgreSQL could not keep',
    { email: 'nul@example.com', password: PASSWORD, first_name: 'a\0b' },
    400,
    { first_name: ['Null characters are not allowed.'] },
  ],
  ['a taken address', { email: 'ann@example.com', password: PASSWORD }, 400, TAKEN],
  [
    'a taken address and a weak password',
    { email: 'ann@example.com', password: 'password' },
    400,
    { ...TAKEN, password: ['This password is too common.'] },
  ],
  [
    'a taken address beside other faults',
    { email: 'ann@example.com', password: '', first_name: null },
    400,
    { ...TAKEN, password: ['This field may not be blank.'], first_name: ['This field may not be null.'] },
  ],
  [
    'what is no JSON',
    '{',
    400,
    { detail: 'JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)' },
  ],
]

for (const { kind, name } of databases()) {
  test(`registration on ${name}`, async (t) => {
    const s = await startServer(t, { kind })

    await t.test('is answered with the address and the names, and with nothing else', async () => {
      const person = { email: 'Ann@Example.com', password: PASSWORD, first_name: 'Ann', last_name: 'Lee' }
      const { password: _, ...told } = person
      expectJson(await s.post(paths.register, person), 201, told)
      assert.deepEqual(await countRows(s), { user: 1, password: 1, session: 0, revocation: 0 })
    })

    await t.test('takes names that were not given for empty ones', async () => {
      const answer = await s.post(paths.register, { email: 'min@example.com', password: PASSWORD })
      expectJson(answer, 201, { email: 'min@example.com', first_name: '', last_name: '' })
    })

    await t.test('keeps no password that could be read', async () => {
      const rows = JSON.stringify(await s.db.selectFrom('password').selectAll().execute())
      assert.ok(!rows.includes(PASSWORD))
      assert.match(rows, /\$argon2id\$v=19\$m=7168,t=1,p=1\$/)
    })

    await t.test('keeps every kind of name as it was given', async () => {
      for (const [number, text] of names.entries()) {
        const email = `name${number}@example.com`
        const answer = await s.post(paths.register, { email, password: PASSWORD, first_name: text, last_name: text })
        expectJson(answer, 201, { email, first_name: text, last_name: text })
        assert.deepEqual(await namesOf(s, email), { first_name: text, last_name: text })
      }
    })

    await t.test('takes white space around names off, what Python takes for it', async () => {
      const given = {
        email: 'trim@example.com',
        password: PASSWORD,
        first_name: '\u001c\u00a0\tAnn \u0085\n',
        last_name: '   ',
      }
      expectJson(await s.post(paths.register, given), 201, { email: given.email, first_name: 'Ann', last_name: '' })
    })

    await t.test('is refused for an address that is taken, however it is cased or surrounded', async () => {
      for (const email of sameAddress)
        expectJson(await s.post(paths.register, { email, password: PASSWORD }), 400, TAKEN)
    })

    await t.test('divergence: an address with an accent is another address than the one without', async () => {
      for (const email of [
        'ann@exämple.com',
        'ann@exâmple.com',
        'ann@strasse.de',
        'ann@straße.de',
        'ann+1@example.com',
      ]) {
        await register(s, { email, password: `${PASSWORD} of ${email}` })
      }
      await signIn(s, 'ann@exämple.com', `${PASSWORD} of ann@exämple.com`)
      const other = await s.post(paths.login, { email: 'ann@example.com', password: `${PASSWORD} of ann@exämple.com` })
      expectJson(other, 401, { detail: 'Invalid credentials' })
    })

    await t.test('knows an accented address again in capitals and in either composition', async () => {
      for (const email of ['ANN@EXÄMPLE.COM', 'ann@exa\u0308mple.com', 'ann@EXA\u0308MPLE.com']) {
        expectJson(await s.post(paths.register, { email, password: PASSWORD }), 400, TAKEN)
      }
    })

    await t.test('does not hear what a client says of itself beyond the four fields (CVE-2023-39345)', async () => {
      const answer = await s.post(paths.register, { ...privateFields, email: 'extra@example.com', password: PASSWORD })
      expectJson(answer, 201, { email: 'extra@example.com', first_name: '', last_name: '' })
      const row = await s.db
        .selectFrom('user')
        .selectAll()
        .where('email', '=', 'extra@example.com')
        .executeTakeFirstOrThrow()
      const { id, ...rest } = row
      assert.notEqual(id, 4242)
      assert.deepEqual(rest, {
        email: 'extra@example.com',
        email_key: 'extra@example.com',
        first_name: '',
        last_name: '',
        created_at: s.clock.now(),
        last_login_at: null,
        second_factor_since: null,
        awaits_proof_since: null,
        disabled_at: null,
        sessions_ended_at: null,
        email_verified_at: null,
        locale: null,
      })
    })

    await t.test('that is refused leaves no row behind', async (t) => {
      const before = await countRows(s)
      await play(t, s, paths.register, refused)
      assert.deepEqual(await countRows(s), before)
    })

    await t.test('that fails half-way leaves no row behind, and the address is free', async () => {
      const before = await countRows(s)
      await s.db.schema.alterTable('password').renameTo('password_away').execute()
      const answer = await s.post(paths.register, { email: 'half@example.com', password: PASSWORD })
      await s.db.schema.alterTable('password_away').renameTo('password').execute()
      assert.deepEqual(
        [answer.status, Object.keys(answer.json as object).sort()],
        [500, ['instance', 'status', 'title', 'type']],
      )
      assert.ok(!/password|select|insert/i.test(answer.text), answer.text)
      assert.deepEqual(await countRows(s), before)
      await register(s, { email: 'half@example.com' })
    })

    await t.test('is refused while the hash queue is full, and leaves no row behind', async (t) => {
      const busy = await startServer(t, { kind, environment: { HASH_QUEUE: '0', ...REAL_COST } })
      const emails = Array.from({ length: 10 }, (_, number) => `busy${number}@example.com`)
      const answers = await Promise.all(emails.map((email) => busy.post(paths.register, { email, password: PASSWORD })))
      const refused = answers.filter(({ status }) => status !== 201)
      for (const answer of refused) expectProblem(answer, 503, 'too-busy')
      const registered = answers.length - refused.length
      assert.ok(registered >= 1 && refused.length >= 1, `${registered} of ${answers.length} were registered`)
      assert.deepEqual(await countRows(busy), { user: registered, password: registered, session: 0, revocation: 0 })
    })
  })
}

async function namesOf({ db }: TestServer, email: string): Promise<{ first_name: string; last_name: string }> {
  const names = db.selectFrom('user').select(['first_name', 'last_name']).where('email', '=', email)
  return { ...(await names.executeTakeFirstOrThrow()) }
}
