/** What registration says about each field, in the words of the old service, and which passwords the policies take. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countRows, expectJson, PASSWORD, paths, play, type Scenario, signIn } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const REQUIRED = ['This field is required.']
const NULL = ['This field may not be null.']
const BLANK = ['This field may not be blank.']
const NO_TEXT = ['Not a valid string.']
const NO_EMAIL = ['Enter a valid email address.']
const LOOKALIKE = ['The domain of this address mixes alphabets, or looks like another domain.']
const NUL = ['Null characters are not allowed.']
const tooLong = (characters: number) => [`Ensure this field has no more than ${characters} characters.`]

const missing: readonly Scenario[] = [
  ['nothing', {}, 400, { email: REQUIRED, password: REQUIRED }],
  ['no address', { password: PASSWORD, first_name: 'A', last_name: 'B' }, 400, { email: REQUIRED }],
  ['no password', { email: 'mp@example.com', first_name: 'A', last_name: 'B' }, 400, { password: REQUIRED }],
  ['names only', { first_name: 'A', last_name: 'B' }, 400, { email: REQUIRED, password: REQUIRED }],
  [
    'the names of attributes of every object',
    { constructor: 'x', toString: 'y' },
    400,
    { email: REQUIRED, password: REQUIRED },
  ],
]

/** A wrong value of one field in a body that is otherwise good, and what is said about it. */
const wrongValues: readonly [field: string, value: unknown, said: readonly string[]][] = [
  ['email', null, NULL],
  ['email', '', BLANK],
  ['email', '   ', BLANK],
  ['email', 0, NO_EMAIL],
  ['email', -7, NO_EMAIL],
  ['email', 1.5, NO_EMAIL],
  ['email', true, NO_EMAIL],
  ['email', false, NO_EMAIL],
  ['email', [], NO_EMAIL],
  ['email', ['x@example.com'], NO_EMAIL],
  ['email', {}, NO_EMAIL],
  ['email', { $regex: '.' }, NO_EMAIL], // CVE-2026-32248: an operator instead of text
  ['password', null, NULL],
  ['password', '', BLANK],
  ['password', '   ', BLANK],
  ['password', true, NO_TEXT],
  ['password', [], NO_TEXT],
  ['password', ['x'], NO_TEXT],
  ['password', {}, NO_TEXT],
  ['password', { $ne: null }, NO_TEXT],
  ['password', 'p\0assword', NUL],
  ['password', 'a\udfffbcdefgh', ['Surrogate characters are not allowed: U+DFFF.']],
  ['password', 'p'.repeat(129), tooLong(128)],
  ['password', '😀'.repeat(129), tooLong(128)],
  ['first_name', null, NULL],
  ['first_name', true, NO_TEXT],
  ['first_name', [], NO_TEXT],
  ['first_name', {}, NO_TEXT],
  ['first_name', 'a\0b', NUL],
  ['first_name', '\ud800', ['Surrogate characters are not allowed: U+D800.']],
  ['first_name', 'n'.repeat(31), tooLong(30)],
  ['last_name', null, NULL],
  ['last_name', ['x'], NO_TEXT],
  ['last_name', 'n'.repeat(31), tooLong(30)],
  ['last_name', '😀'.repeat(31), tooLong(30)],
]

const noAddresses: readonly string[] = [
  'plain',
  'a@',
  '@example.com',
  '@',
  'a@b',
  'a@@example.com',
  'a@example.com@',
  'attacker@evil.com@company.com', // CVE-2026-40574
  'attacker@a.com,victim@v.com', // CVE-2022-35924
  'attacker@a.com;victim@v.com',
  '"e@attacker.com"@victim.com', // CVE-2025-13033
  '"a b"@example.com',
  'a b@example.com',
  'a,b@example.com',
  '<a@example.com>',
  'Ann <a@example.com>',
  'mailto:a@example.com',
  '<script>@example.com',
  'a..b@example.com',
  '.a@example.com',
  'a.@example.com',
  'a@example..com',
  'a@-example.com',
  'a@example-.com',
  'a@example.com.',
  'a@exa_mple.com',
  'a@example.co-',
  `a@${'d'.repeat(64)}.com`,
  `a@example.${'t'.repeat(64)}`,
  'a@[999.0.0.1]',
  'a@example.com\r\nBcc: x@y.com',
  'é@example.com',
  '😀@example.com',
  'a＠example.com',
  'm\u0131ke@example.org', // CVE-2019-19844: characters that fold into others
  'mike@example.\u212aom',
  'a@ﬀ.com',
]

/** The old service took them. */
const refusedByUs: readonly [email: string, said: readonly string[]][] = [
  ['ann@\u0435xample.com', LOOKALIKE],
  ['ann@xn--xample-2of.com', LOOKALIKE],
  ['ann@\u0430\u0440\u0440\u04CF\u0435.com', LOOKALIKE],
  [`${'l'.repeat(238)}@${'😀'.repeat(8)}.com`, tooLong(254)], // 251 characters, 258 in DNS's spelling
]

const addresses: readonly string[] = [
  'a+b@example.com',
  "!#$%&'*+/=?^_`{}|~-@example.com",
  'a@example.co',
  `a@${'d'.repeat(63)}.com`,
  `a@example.${'t'.repeat(63)}`,
  'a@[127.0.0.1]',
  'a@localhost',
  'puny@xn--exmple-cua.com',
  'a@例え.jp',
  'a@пример.рф',
  'a@москва.com',
  'a@sony日本.jp',
  'MiXed.Case@ExAmPle.Com',
]

test('a registration', async (t) => {
  const s = await startServer(t)
  let number = 0
  const fresh = () => ({ email: `f${++number}@example.com`, password: PASSWORD, first_name: 'A', last_name: 'B' })

  await t.test('says which fields are missing', (t) => play(t, s, paths.register, missing))

  for (const [field, value, said] of wrongValues) {
    const shown = JSON.stringify(value)
    await t.test(
      `with ${shown.length > 40 ? `${[...shown].length} characters` : shown} as ${field} is refused`,
      async () => {
        expectJson(await s.post(paths.register, { ...fresh(), [field]: value }), 400, { [field]: said })
      },
    )
  }

  await t.test('tells all faults of all fields at once', async () => {
    const body = {
      email: `${'x'.repeat(250)}\0`,
      password: 'p'.repeat(129),
      first_name: null,
      last_name: 'n'.repeat(31),
    }
    expectJson(await s.post(paths.register, body), 400, {
      email: [...NUL, ...NO_EMAIL],
      password: tooLong(128),
      first_name: NULL,
      last_name: tooLong(30),
    })
    expectJson(await s.post(paths.register, { ...body, email: 'x'.repeat(255) }), 400, {
      email: [...tooLong(254), ...NO_EMAIL],
      password: tooLong(128),
      first_name: NULL,
      last_name: tooLong(30),
    })
  })

  await t.test('takes one plain address only', async () => {
    for (const email of noAddresses) {
      expectJson(await s.post(paths.register, { ...fresh(), email }), 400, { email: NO_EMAIL })
    }
  })

  await t.test(
    'divergence, CVE-2021-3424: takes no address that looks like another, or is too long for mails',
    async () => {
      for (const [email, said] of refusedByUs)
        expectJson(await s.post(paths.register, { ...fresh(), email }), 400, { email: said })
    },
  )

  await t.test('that was refused left nothing behind', async () => {
    assert.deepEqual(await countRows(s), { user: 0, password: 0, session: 0, revocation: 0 })
  })

  await t.test('takes these addresses and tells them as they were given', async () => {
    for (const email of addresses) {
      const answer = await s.post(paths.register, { ...fresh(), email })
      expectJson(answer, 201, { email, first_name: 'A', last_name: 'B' })
      await signIn(s, email)
    }
  })

  await t.test('counts characters, not bytes, and after white space was taken off', async () => {
    for (const text of ['n'.repeat(30), '日'.repeat(30), '😀'.repeat(30), `  ${'n'.repeat(30)}\n`]) {
      assert.equal((await s.post(paths.register, { ...fresh(), first_name: text })).status, 201)
    }
    for (const password of ['p'.repeat(128), '😀'.repeat(128)]) {
      const person = { ...fresh(), password }
      assert.equal((await s.post(paths.register, person)).status, 201)
      await signIn(s, person.email, password)
    }
  })

  await t.test('takes a number for the text that Python made of it, as the old service did', async () => {
    const names = { first_name: '1.0', last_name: '1E5' } // by their spelling, which JSON.stringify would change
    const person = { ...fresh(), password: 0, first_name: 0, last_name: 0 }
    const body = JSON.stringify(person)
      .replace('"password":0', '"password":12345678901234567890')
      .replace('"first_name":0', `"first_name":${names.first_name}`)
      .replace('"last_name":0', `"last_name":${names.last_name}`)
    const told = { email: person.email, first_name: '1.0', last_name: '100000.0' }
    expectJson(await s.post(paths.register, body), 201, told)
    await signIn(s, person.email, '12345678901234567890')
    const login = JSON.stringify({ email: person.email, password: 0 }).replace(':0}', ':12345678901234567891}')
    assert.equal((await s.post(paths.login, login)).status, 401, 'one digit makes another password')
  })

  await t.test('takes no number for text that is longer than Python reads', async () => {
    for (const field of ['password', 'first_name', 'last_name']) {
      const body = JSON.stringify({ ...fresh(), [field]: 0 }).replace(`"${field}":0`, `"${field}":${'1'.repeat(4301)}`)
      expectJson(await s.post(paths.register, body), 400, { [field]: NO_TEXT })
    }
  })
})

const SHORT = ['This password is too short. It must contain at least 8 characters.']
const COMMON = ['This password is too common.']
const similar = (what: string) => [`The password is too similar to the ${what}.`]

const weak: readonly [password: string, said: readonly string[]][] = [
  ['x', SHORT],
  ['sevench', SHORT],
  ['😀'.repeat(7), SHORT],
  ['e\u0301'.repeat(7), SHORT], // seven letters, however many characters they were typed with
  ['password', COMMON],
  ['PassWord1', COMMON],
  ['iloveyou', COMMON],
  ['samurai-auth', COMMON],
  ['weak.person@example.com', similar('email address')],
  ['WEAK.PERSON', similar('email address')],
  ['Wilhelmina', similar('first name')],
  ['Featherstone', similar('last name')],
  ['wilhelmina featherstone', similar('full name')],
  ['pw', SHORT],
]

const strong: readonly string[] = [
  'eight ch',
  'пароль-це-я',
  '😀😃😄😁😆😅😂🤣',
  'no digits no capitals',
  'a'.repeat(8) + 'z'.repeat(120),
]

test('divergence: passwords follow NIST SP 800-63B by default', async (t) => {
  const s = await startServer(t)
  const person = { email: 'weak.person@example.com', first_name: 'Wilhelmina', last_name: 'Featherstone' }

  for (const [password, said] of weak) {
    await t.test(`${JSON.stringify(password)} is refused: ${said}`, async () => {
      expectJson(await s.post(paths.register, { ...person, password }), 400, { password: said })
    })
  }
  assert.deepEqual((await countRows(s)).user, 0)

  for (const [number, password] of strong.entries()) {
    await t.test(`${JSON.stringify(password).slice(0, 30)} is taken: only length and being known count`, async () => {
      const email = `strong${number}@example.com`
      expectJson(await s.post(paths.register, { email, password }), 201, { email, first_name: '', last_name: '' })
      await signIn(s, email, password)
    })
  }
})

test('PASSWORD_POLICY=legacy takes what the old service took', async (t) => {
  const s = await startServer(t, { environment: { PASSWORD_POLICY: 'legacy' } })
  for (const [number, password] of ['x', 'pw', 'password', 'legacy3@example.com', '0'].entries()) {
    await t.test(JSON.stringify(password), async () => {
      const email = `legacy${number}@example.com`
      expectJson(await s.post(paths.register, { email, password }), 201, { email, first_name: '', last_name: '' })
      await signIn(s, email, password)
    })
  }
  await t.test('which was no blank', async () => {
    expectJson(await s.post(paths.register, { email: 'b@example.com', password: ' ' }), 400, { password: BLANK })
  })
})
