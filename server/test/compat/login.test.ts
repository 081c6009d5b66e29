/** POST login: who gets tokens, and the one answer for everybody who does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import {
  claimsOf,
  countRows,
  djangoHash,
  expectJson,
  expectTokens,
  expectWrongCredentials,
  join,
  PASSWORD,
  paths,
  play,
  register,
  type Scenario,
  signIn,
  storedHash,
  storeHash,
} from '../scenario.ts'
import { startServer } from '../start-server.ts'

const UNUSABLE = '!zhX0stY87wmP3yzkLolQf5A7FPHWKuzaFNOm6f8M'

/** What stored hashes may look like that nobody can sign in with, whatever is typed. */
const hashesOfNobody: readonly string[] = [
  UNUSABLE,
  '!',
  '',
  PASSWORD,
  'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99',
  'pbkdf2_sha256$1000$salt$',
  `pbkdf2_sha256$0$salt$${'A'.repeat(43)}=`,
  '$argon2id$v=19$m=7168,t=1,p=1$$',
]

for (const { kind, name } of databases()) {
  test(`login on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const ann = await register(s, { email: 'Ann@Example.com' })

    await t.test('answers a refresh and an access token, and notes the time', async () => {
      await s.clock.advance(60)
      const tokens = expectTokens(await s.post(paths.login, { email: ann.email, password: PASSWORD }))
      const { id, last_login_at } = await userOf(ann.email)
      assert.equal(claimsOf(tokens.access).user_id, id)
      assert.equal(last_login_at, s.clock.now())
    })

    await t.test('opens a session of its own each time', async () => {
      const before = (await countRows(s)).session
      const [first, second] = [await signIn(s, ann.email), await signIn(s, ann.email)]
      assert.notEqual(claimsOf(first.refresh).sid, claimsOf(second.refresh).sid)
      assert.equal((await countRows(s)).session, before + 2)
    })

    await t.test('ignores the case of the address, and white space around it', async () => {
      for (const email of ['ann@example.com', 'ANN@EXAMPLE.COM', ' ann@EXAMPLE.com\n']) await signIn(s, email)
    })

    await t.test('gives everybody who is refused the same answer', async (t) => {
      const disabled = await join(s, 'disabled')
      await s.service.lifecycle.disable(disabled.id)
      const erased = await join(s, 'erased')
      await s.service.lifecycle.erase(erased.id)
      const rows: readonly [title: string, email: string, password: string][] = [
        ['a wrong password', ann.email, 'nope nope'],
        ['a password in another case', ann.email, PASSWORD.toUpperCase()],
        ['a part of the password', ann.email, PASSWORD.slice(0, -1)],
        ['more than the password', ann.email, `${PASSWORD}x`],
        ['more than any password', ann.email, PASSWORD.repeat(400)],
        ['an unknown user', 'nobody@example.com', PASSWORD],
        ['a disabled user', disabled.email, PASSWORD],
        ['an erased user', erased.email, PASSWORD],
        ['an address that only looks alike', 'ann@exämple.com', PASSWORD],
        [
          'an address that is too long to be anybody’s',
          `ann@${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(30)}.com`,
          PASSWORD,
        ],
        ['SQL', "a'--@example.com", "' OR 1=1 --"],
      ]
      const before = await countRows(s)
      for (const [title, email, password] of rows) {
        await t.test(title, async () => expectWrongCredentials(await s.post(paths.login, { email, password })))
      }
      assert.deepEqual(await countRows(s), before)
    })

    await t.test('divergence: takes passwords as they were typed, blanks included', async () => {
      await register(s, { email: 'blanks@example.com', password: ' two blanks around ' })
      await signIn(s, 'blanks@example.com', ' two blanks around ')
      for (const password of ['two blanks around', ' two blanks around', 'two blanks around ']) {
        expectWrongCredentials(await s.post(paths.login, { email: 'blanks@example.com', password }))
      }
    })

    await t.test('takes one password for one, however its letters are composed', async () => {
      await register(s, { email: 'composed@example.com', password: 'p\u00e4ssw\u00f6rd-日本' })
      await signIn(s, 'composed@example.com', 'pa\u0308sswo\u0308rd-日本')
      expectWrongCredentials(await s.post(paths.login, { email: 'composed@example.com', password: 'password-日本' }))
    })

    await t.test('tells two passwords apart that share their first 72 bytes (CVE-2025-22228)', async () => {
      const password = 'x7'.repeat(40)
      await register(s, { email: 'long@example.com', password })
      expectWrongCredentials(
        await s.post(paths.login, { email: 'long@example.com', password: `${password.slice(0, 72)}other678` }),
      )
      await signIn(s, 'long@example.com', password)
    })

    await t.test('takes a password from Django, and hashes it anew', async () => {
      const { id, email } = await join(s, 'django')
      await storeHash(s, id, djangoHash('from Django'))
      expectWrongCredentials(await s.post(paths.login, { email, password: PASSWORD }))
      assert.equal(await storedHash(s, id), djangoHash('from Django'))
      await signIn(s, email, 'from Django')
      assert.match(await storedHash(s, id), /^\$argon2id\$v=19\$m=7168,t=1,p=1\$/)
      await signIn(s, email, 'from Django')
    })

    await t.test('tries a password from Django without the blanks that the old service took off', async () => {
      const { id, email } = await join(s, 'trimmed')
      await storeHash(s, id, djangoHash('trimmed'))
      await signIn(s, email, '\u00a0 trimmed\t')
      await signIn(s, email, 'trimmed')
      expectWrongCredentials(await s.post(paths.login, { email, password: 'trim med' }))
    })

    await t.test('lets nobody in whose stored hash is none', async () => {
      const { id, email } = await join(s, 'unusable')
      for (const hash of hashesOfNobody) {
        await storeHash(s, id, hash)
        for (const password of [PASSWORD, hash, '!', 'x']) {
          if (password === '') continue
          expectWrongCredentials(await s.post(paths.login, { email, password }))
        }
        assert.equal(await storedHash(s, id), hash)
      }
    })

    await t.test('lets an enabled user in again, with a new session only', async () => {
      const back = await join(s, 'back')
      await s.service.lifecycle.disable(back.id)
      await s.service.lifecycle.enable(back.id)
      await signIn(s, back.email)
      expectJson(await s.post(paths.refresh, { refresh: back.refresh }), 401, {
        detail: 'Token is blacklisted',
        code: 'token_not_valid',
      })
    })

    async function userOf(email: string) {
      const query = s.db.selectFrom('user').select(['id', 'last_login_at']).where('email', '=', email)
      return query.executeTakeFirstOrThrow()
    }
  })
}

const REQUIRED = ['This field is required.']
const NULL = ['This field may not be null.']
const NO_EMAIL = ['Enter a valid email address.']
const NO_TEXT = ['Not a valid string.']
const email = 'ann@example.com'

const faults: readonly Scenario[] = [
  ['nothing', {}, 400, { email: REQUIRED, password: REQUIRED }],
  ['no address', { password: PASSWORD }, 400, { email: REQUIRED }],
  ['no password', { email }, 400, { password: REQUIRED }],
  ['a user name instead', { username: email, password: PASSWORD }, 400, { email: REQUIRED }],
  ['null', { email: null, password: null }, 400, { email: NULL, password: NULL }],
  ['an empty address', { email: '', password: PASSWORD }, 400, { email: ['This field may not be blank.'] }],
  ['what is no address', { email: 'plain', password: PASSWORD }, 400, { email: NO_EMAIL }],
  ['a number as address', { email: 12345, password: PASSWORD }, 400, { email: NO_EMAIL }],
  ['a list as address', { email: [email], password: PASSWORD }, 400, { email: NO_EMAIL }],
  ['an operator as address (CVE-2026-32248)', { email: { $gt: '' }, password: PASSWORD }, 400, { email: NO_EMAIL }],
  [
    'an address of 321 characters',
    { email: `${'l'.repeat(60)}@${'d.'.repeat(128)}.com`, password: PASSWORD },
    400,
    { email: NO_EMAIL },
  ],
  [
    'a NUL in the address',
    { email: 'a\0@example.com', password: PASSWORD },
    400,
    { email: ['Null characters are not allowed.', ...NO_EMAIL] },
  ],
  [
    'a lone surrogate in the address',
    { email: 'a\ud800@example.com', password: PASSWORD },
    400,
    { email: ['Surrogate characters are not allowed: U+D800.', ...NO_EMAIL] },
  ],
  ['an empty password (CVE-2026-87806)', { email, password: '' }, 400, { password: ['This field may not be blank.'] }],
  ['a blank password', { email, password: '  \t ' }, 400, { password: ['This field may not be blank.'] }],
  [
    'a NUL in the password',
    { email, password: `${PASSWORD}\0` },
    400,
    { password: ['Null characters are not allowed.'] },
  ],
  ['true as password', { email, password: true }, 400, { password: NO_TEXT }],
  ['a list as password', { email, password: [PASSWORD] }, 400, { password: NO_TEXT }],
  ['an operator as password', { email, password: { $ne: '' } }, 400, { password: NO_TEXT }],
  ['a number as password is its digits', { email, password: 12345 }, 401, { detail: 'Invalid credentials' }],
]

test('a login says what is wrong with its fields', async (t) => {
  const s = await startServer(t)
  await register(s, { email })
  await play(t, s, paths.login, faults)
  await t.test('and ignores fields that it does not know', async () => {
    expectTokens(await s.post(paths.login, { email, password: PASSWORD, remember: true, username: 'root', user_id: 7 }))
  })
})

test('divergence: an Authorization header, good or bad, is no concern of login and registration', async (t) => {
  const s = await startServer(t)
  const ann = await join(s, 'ann')
  const headers = [
    'Bearer garbage',
    'Bearer',
    'Bearer a b',
    `Bearer ${ann.refresh}`,
    `Bearer ${ann.access}`,
    ann.access,
    'Basic YTpi',
    '',
  ]
  for (const [number, authorization] of headers.entries()) {
    await t.test(JSON.stringify(authorization.slice(0, 20)), async () => {
      expectTokens(await s.post(paths.login, { email, password: PASSWORD }, { authorization }))
      const fields = { email: `header${number}@example.com`, password: PASSWORD }
      assert.equal((await s.post(paths.register, fields, { authorization })).status, 201)
    })
  }
})
