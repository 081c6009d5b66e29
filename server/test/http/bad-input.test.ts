/**
 * Input made to hurt: each is refused with a 4xx within 100 ms, and the process goes on. A hash takes far longer than that
 * here, so whatever is answered in time was refused before any hashing (CVE-2013-5958).
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setImmediate as turnOf } from 'node:timers/promises'
import { expectProblem, isGood, join, PASSWORD, paths } from '../scenario.ts'
import { type Answer, type Question, startServer } from '../start-server.ts'

const LIMIT_MS = 100
const ATTEMPTS = 5 // of which one must be in time: the machine may be busy with something else
const BODY_BYTES = 64 * 1024
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const boundary = (text: string) => ({ 'content-type': `multipart/form-data; boundary=${text}` })

type Case = readonly [title: string, body: string | Buffer, headers?: Question['headers']]

/** The fields of all endpoints, each with this value. */
const everyField = (value: unknown) =>
  JSON.stringify({ email: value, password: value, first_name: value, refresh: value, token: value })
/** The same as JSON text. */
const everyFieldAs = (json: string) => everyField(0).replaceAll('0', () => json)
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

/** CVE-2026-32944, CVE-2026-33498 and CVE-2026-33508: depth and number; CVE-2023-36475: prototypes. */
const json: readonly Case[] = [
  ['100,000 opening brackets', '['.repeat(100_000)],
  ['60,000 opening brackets', '['.repeat(60_000)],
  ['60,000 opening braces', '{"":'.repeat(15_000)],
  ['lists 30,000 deep', nested('[', ']', 30_000)],
  ['objects 10,000 deep', nested('{"a":', '}', 10_000).replace(':}', ':1}')],
  ['a field that is lists 5,000 deep', everyFieldAs(nested('[', ']', 5_000))],
  ['the key __proto__', '{"__proto__":{"polluted":true}}'],
  ['the key __proto__, with fields', everyField('x').replace('{', '{"__proto__":{"polluted":true},')],
  ['the key __proto__ in a field', everyFieldAs('{"__proto__":{"polluted":true}}')],
  ['the key constructor', '{"constructor":{"prototype":{"polluted":true}}}'],
  ['20,000 keys', `{${Array.from({ length: 9_000 }, (_, n) => `"${n}":0`)}}`],
  ['one key 6,000 times', `{${Array.from({ length: 6_000 }, () => '"email":""')}}`],
  ['numbers beyond all numbers', everyFieldAs('1e999')],
  ['numbers of 12,000 digits', everyFieldAs('9'.repeat(12_000))],
  ['a number of 60,000 digits', '9'.repeat(60_000)],
  ['fractions of 12,000 digits', everyFieldAs(`0.${'1'.repeat(12_000)}e-999`)],
  ['text that does not end', `{"email":"${'a'.repeat(60_000)}`],
  ['60,000 escapes', everyFieldAs(`"${'\\u0061'.repeat(2_000)}"`)],
  ['60,000 blanks', ' '.repeat(60_000)],
  ['60,000 lines', '\n'.repeat(60_000)],
  ['a fault behind 60,000 characters', `{"email":"${'é'.repeat(30_000)}" x`],
  ['NUL in every field', everyField('a\0b')],
  ['raw NUL bytes', Buffer.alloc(60_000)],
  ['half of an emoji in every field', everyField('\ud83d')],
  ['the other half', everyFieldAs('"\\udfff"')],
]

const texts: readonly Case[] = [
  ['12,000 letters', everyField('a'.repeat(12_000))],
  ['12,000 blanks', everyField(' '.repeat(12_000))],
  ['12,000 blanks around a letter', everyField(`${' '.repeat(6_000)}a${' '.repeat(6_000)}`)],
  ['12,000 dots', everyField('.'.repeat(12_000))],
  ['12,000 ats', everyField('@'.repeat(12_000))],
  ['an address of 6,000 labels', everyField(`a@${'a.'.repeat(6_000)}com`)],
  ['an address that almost fits, again and again', everyField(`${'a.'.repeat(5_000)}@`)],
  ['an address of 5,000 domains', everyField(`a@${'a'.repeat(60)}${'-'.repeat(10_000)}.com`)],
  ['combining marks, which take quadratic time to compose', everyField(`a${'\u0301\u0323'.repeat(3_000)}`)],
  ['a combining mark after each letter of an address', everyField(`${'a\u0308'.repeat(3_000)}@example.com`)],
  ['letters that grow when their case is changed', everyField('İ'.repeat(6_000))],
  ['an international domain', everyField(`a@${'例え.'.repeat(2_000)}jp`)],
  ['emoji', everyField('👩‍👩‍👧‍👦'.repeat(400))],
  ['bytes in the other direction', everyField('\u202e'.repeat(4_000))],
]

const bytes: readonly Case[] = [
  ['a byte that is no UTF-8', Buffer.from('7b2265fffe223a317d', 'hex')],
  ['a letter that is cut off', Buffer.from('7b2261223a22c3', 'hex')],
  ['an overlong slash', Buffer.from('7b2261223a22c0af227d', 'hex')],
  ['half of an emoji in UTF-8', Buffer.from('7b2261223a22eda0bd227d', 'hex')],
  ['random bytes', Buffer.from(Array.from({ length: 60_000 }, (_, n) => (n * 7919 + 13) % 256))],
  ['no UTF-8 in a form', Buffer.from('email=a%ff&token=\xff&refresh=\xff', 'latin1'), FORM],
  [
    'no UTF-8 in multipart',
    Buffer.from('--X\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\r\n--X--', 'latin1'),
    boundary('X'),
  ],
  ['64 KiB of blanks', ' '.repeat(BODY_BYTES)],
]

const forms: readonly Case[] = [
  ['60,000 percent signs', '%'.repeat(60_000), FORM],
  ['60,000 ampersands', '&'.repeat(60_000), FORM],
  ['60,000 equals signs', '='.repeat(60_000), FORM],
  ['20,000 keys', 'a=&'.repeat(20_000), FORM],
  ['escapes of no letter', 'email=%zz%f&token=%&refresh=%e0%a4', FORM],
  ['NUL', 'email=a%00b&password=a%00b&token=a%00b&refresh=a%00b', FORM],
  ['keys of prototypes', '__proto__[polluted]=1&constructor.prototype.polluted=1&__proto__=1', FORM],
  ['keys of lists', 'email[]=a&email[0]=b&token[]=c&refresh[$ne]=d', FORM],
  ['a quarter of a million dashes', '-'.repeat(60_000), boundary('-')],
  ['12,000 parts', '--X\r\n'.repeat(12_000), boundary('X')],
  ['parts of prototypes', '--X\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--X--', boundary('X')],
  [
    'a header of 60,000 semicolons',
    `--X\r\nContent-Disposition: ${';'.repeat(60_000)}\r\n\r\nx\r\n--X--`,
    boundary('X'),
  ],
  [
    '60,000 quotes',
    `--X\r\nContent-Disposition: form-data; name=${'"'.repeat(60_000)}\r\n\r\nx\r\n--X--`,
    boundary('X'),
  ],
  ['headers without an end', `--X\r\n${'a: b\r\n'.repeat(9_000)}`, boundary('X')],
  ['a boundary of 8,000 characters', 'x', boundary('x'.repeat(8_000))],
  ['a boundary of nothing', 'x', boundary('')],
  ['a boundary of a pattern', 'x', boundary('(a+)+$')],
]

/** CVE-2022-31093, CVE-2026-73418, CVE-2022-39288, CVE-2025-25200: what headers did to others. */
const headers: readonly (readonly [name: string, value: string])[] = [
  ['content-type', `application/json;${';'.repeat(8_000)}`],
  ['content-type', `application/${'x'.repeat(8_000)}`],
  ['content-type', `${' '.repeat(4_000)}application/xml${'\t'.repeat(4_000)}x`],
  ['content-type', 'application/json\tx'],
  ['content-type', '/'],
  ['content-type', ';'],
  ['authorization', 'Bearer %'],
  ['authorization', 'Bearer %E0%A4%A'],
  ['authorization', '%'],
  ['authorization', `Bearer ${'.'.repeat(8_000)}`],
  ['accept', '*/*,'.repeat(2_000)],
  ['accept-language', `${'a-'.repeat(4_000)}`],
  ['accept-encoding', 'gzip;q=0,'.repeat(800)],
  ['cookie', 'a=b; '.repeat(1_600)],
  ['cookie', '__proto__=1; constructor=2'],
  ['x-forwarded-for', '1.2.3.4,'.repeat(1_000)],
  ['x-forwarded-for', 'a'],
  ['x-forwarded-proto', ' '.repeat(8_000)],
  ['x-forwarded-host', `${','.repeat(8_000)}`],
  ['forwarded', 'for="'.repeat(1_000)],
  ['host', 'evil.com:fake@legit.com'],
  ['user-agent', '\u00ff'.repeat(8_000)],
  ['if-none-match', '"'.repeat(8_000)],
  ['content-encoding', 'gzip'],
  ['x-http-method-override', 'GET'],
  ['range', 'bytes=0-,'.repeat(800)],
]

test('input made to hurt', async (t) => {
  const s = await startServer(t, { environment: { ARGON2_MEMORY_KIB: '131072', ARGON2_PASSES: '4' } })
  const { access } = await join(s, 'ann')

  for (const [kind, cases] of Object.entries({ JSON: json, text: texts, bytes, forms })) {
    await t.test(kind, async (t) => {
      for (const [title, body, given] of cases) await t.test(title, () => expectRefusals(body, given))
    })
  }

  await t.test('headers', async (t) => {
    for (const [name, value] of headers) {
      await t.test(`${name}: ${value.trim().slice(0, 30)}`, () => expectRefusals('{}', { [name]: value }))
    }
  })

  await t.test('a body of more than 64 KiB is not read to its end', async (t) => {
    const chunked = { 'content-length': undefined, 'transfer-encoding': 'chunked' }
    for (const bytes of [BODY_BYTES + 1, 1_000_000]) {
      for (const [title, given] of [
        ['with a length', {}],
        ['in chunks', chunked],
      ] as const) {
        await t.test(`${bytes} bytes ${title}`, async () => {
          const answer = await inTime(() => s.post(paths.register, everyField('x').padEnd(bytes), given))
          expectProblem(answer, 413, 'body-too-large')
        })
      }
    }
  })

  await t.test('whoever is still sending hears it, and is not cut off', async (t) => {
    for (const [where, path, type] of [
      ['API', paths.register, 'application/json'],
      ['page', '/mail/verify-address', 'application/x-www-form-urlencoded'],
    ] as const) {
      await t.test(where, async () => {
        for (let turn = 0; turn < 5; turn++) assert.equal(await statusWhileSending(s.port, path, type), 413)
      })
    }
  })

  await t.test('no password is hashed that is too long for one', async (t) => {
    const person = { email: 'long@example.com', password: 'p'.repeat(60_000) }
    await expectIn(t, 'registered with', paths.register, person, 400)
    await expectIn(t, 'registered with 129 characters', paths.register, { ...person, password: 'p'.repeat(129) }, 400)
    for (const email of ['ann@example.com', 'nobody@example.com']) {
      await expectIn(t, `of ${email}`, paths.login, { ...person, email }, 401)
      await expectIn(t, `of ${email}, 4,097 bytes`, paths.login, { email, password: 'p'.repeat(4_097) }, 401)
    }
  })

  await t.test('while a password that is none of these is hashed, which takes far longer', async () => {
    const { status, milliseconds } = await s.post(paths.login, { email: 'nobody@example.com', password: PASSWORD })
    assert.equal(status, 401)
    assert.ok(milliseconds > 2 * LIMIT_MS, `a hash took ${milliseconds} ms only`)
  })

  await t.test('has changed no object of the process', () => {
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  })

  await t.test('was never a failure of ours', () => {
    const failures = s.logs.filter(({ level }) => level === 'error' || level === 'fatal')
    assert.deepEqual(failures, [])
  })

  /** Each endpoint refuses it, and answers afterwards as before. */
  async function expectRefusals(body: string | Buffer, given: Question['headers'] = {}): Promise<void> {
    for (const path of Object.values(paths)) {
      const { status, text } = await inTime(() => s.post(path, body, given))
      assert.ok(status >= 400 && status < 500, `${path} answered ${status} ${text.slice(0, 200)}`)
      assert.ok(text.length < 2 * BODY_BYTES, `${path} answered ${text.length} characters`)
    }
    assert.equal(await isGood(s, access), true)
  }

  async function expectIn(t: TestContext, title: string, path: string, body: object, wanted: number): Promise<void> {
    await t.test(title, async () => {
      const { status, text } = await inTime(() => s.post(path, body))
      assert.equal(status, wanted, text)
    })
  }
})

/** @returns the first answer that came within the limit */
async function inTime(ask: () => Promise<Answer>): Promise<Answer> {
  let fastest = Number.POSITIVE_INFINITY
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const answer = await ask()
    if (answer.milliseconds < LIMIT_MS) return answer
    fastest = Math.min(fastest, answer.milliseconds)
  }
  return assert.fail(`the fastest of ${ATTEMPTS} answers took ${fastest} ms`)
}

test('percent-encoded letters of an address are the same address (RFC 3986 §6.2.2.2)', async (t) => {
  const s = await startServer(t)
  const answer = await s.post('/api/%6Cogin', {})
  assert.deepEqual([answer.status, Object.keys(answer.json as object)], [400, ['email', 'password']])
})

/** Sends a body that is far too large to its end, whatever comes back meanwhile. @throws when the connection breaks */
async function statusWhileSending(port: number, path: string, type: string): Promise<number> {
  const pieces = 40
  const piece = Buffer.alloc(BODY_BYTES, ' ')
  const headers = { 'content-type': type, 'content-length': pieces * piece.length }
  const outgoing = request({ host: '127.0.0.1', port, method: 'POST', path, headers })
  const answered = once(outgoing, 'response')
  for (let sent = 0; sent < pieces; sent++) {
    outgoing.write(piece)
    await turnOf()
  }
  outgoing.end()
  const [answer] = await answered
  answer.resume()
  await once(outgoing, 'close')
  return answer.statusCode
}
