/** What the link of a mail opens: a page that does nothing until its button is pressed. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { latest } from '../account-by-mail/mail.ts'
import { databases } from '../databases.ts'
import { join, PASSWORD, register } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { readMail, send, write } from './codes.ts'

const PATH = '/mail/verify-address'
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const post = (s: TestServer, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  s.post(PATH, new URLSearchParams(fields).toString(), { ...form, ...headers })

for (const { kind, name } of databases())
  describe(name, () => {
    test('the address of a user is proved by pressing the button, once', async (t) => {
      const s = await startServer(t, { kind })
      const { id, token } = await joinAndSend(s)
      expectPage(await s.get(`${PATH}?token=${token}`), 200, 'Confirm your address')
      assert.equal(await verifiedAt(s, id), null)
      expectPage(await post(s, { token }), 200, 'Your address is confirmed')
      assert.equal(await verifiedAt(s, id), s.clock.now())
      expectPage(await post(s, { token }), 410, 'This link has been used')
      assert.deepEqual(await eventsOf(s, id), ['email.verified'])
    })

    test('a scanner that opens the link, again and again, changes nothing', async (t) => {
      const s = await startServer(t, { kind })
      const { id, token } = await joinAndSend(s)
      const before = await dump(s)
      for (const method of ['GET', 'HEAD', 'GET']) {
        const answer = await s.ask({ method, path: `${PATH}?token=${token}&lang=en` })
        assert.equal(answer.status, 200)
      }
      for (const method of ['PUT', 'DELETE', 'OPTIONS'])
        assert.equal((await s.ask({ method, path: `${PATH}?token=${token}` })).status, 405)
      assert.deepEqual(await dump(s), before)
      expectPage(await post(s, { token }), 200, 'Your address is confirmed')
      assert.notEqual(await verifiedAt(s, id), null)
    })
  })

test('a link that has expired, was replaced, or never was says so', async (t) => {
  const s = await startServer(t)
  const { token } = await joinAndSend(s)
  const fresh = await send(s, { address: 'ann@example.com', userId: 1 })
  expectPage(await post(s, { token }), 400, 'This link is not good')
  await s.clock.advance(601)
  expectPage(await post(s, { token: fresh.token }), 410, 'This link has expired')
  for (const fields of [{ token: '' }, {}, { token: 'x'.repeat(60_000) }, { token: '\u0000' }])
    expectPage(await post(s, fields as Record<string, string>), 400, 'This link is not good')
  expectPage(await s.get(PATH), 400, 'This link is not good')
  expectPage(await s.get(`${PATH}?token=`), 400, 'This link is not good')
  expectPage(await s.get(`${PATH}?token=a&token=b`), 400, 'This link is not good')
})

test('the link of a user who has another address by now, or is gone, proves nothing', async (t) => {
  const s = await startServer(t)
  const { id, token } = await joinAndSend(s)
  await s.db
    .updateTable('user')
    .set({ email: 'new@example.com', email_key: 'new@example.com' })
    .where('id', '=', id)
    .execute()
  expectPage(await post(s, { token }), 400, 'This link is not good')
  assert.equal(await verifiedAt(s, id), null)
  const { token: orphaned } = await send(s, { userId: null })
  expectPage(await post(s, { token: orphaned }), 400, 'This link is not good')
})

test('the page is in the language of the link, else in that of the browser', async (t) => {
  const s = await startServer(t)
  expectPage(await s.get(`${PATH}?token=x&lang=ar`), 200, 'أكِّد عنوان بريدك الإلكتروني', 'ar')
  expectPage(
    await s.get(`${PATH}?token=x`, { 'accept-language': 'ar-EG,ar;q=0.9,en;q=0.8' }),
    200,
    'أكِّد عنوان بريدك الإلكتروني',
    'ar',
  )
  expectPage(await s.get(`${PATH}?token=x&lang=xx`, { 'accept-language': 'ar' }), 200, 'Confirm your address')
  expectPage(await post(s, { token: 'x', lang: 'ar' }), 400, 'هذا الرابط غير صالح', 'ar')
})

test('GHSA-9x4v-xfq5-m8x5: what is in the address does not get out of its place in the page', async (t) => {
  const s = await startServer(t)
  for (const value of ['"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", '{{{token}}}', '&quot;><b>']) {
    for (const name of ['token', 'lang']) {
      const answer = await s.get(`${PATH}?token=x&${name}=${encodeURIComponent(value)}`)
      assert.ok(!/<(?:script|img|b)\b/.test(answer.text), answer.text)
    }
    const shown = await s.get(`${PATH}?token=${encodeURIComponent(value)}`)
    const [, token = ''] = /name="token" value="([^"]*)"/.exec(shown.text) ?? []
    assert.equal(
      token
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&'),
      value,
    )
  }
})

test('CVE-2023-34927: a form of somebody else’s page is refused', async (t) => {
  const s = await startServer(t)
  const { id, token } = await joinAndSend(s)
  for (const site of ['cross-site', 'same-site'])
    expectPage(await post(s, { token }, { 'sec-fetch-site': site }), 403, 'That did not come from here')
  assert.equal((await s.post(PATH, { token })).status, 415)
  assert.equal((await s.post(PATH, `token=${token}`, { 'content-type': 'text/plain' })).status, 415)
  expectPage(
    await post(
      s,
      { token: `${token}` },
      { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    ),
    200,
    'Your address is confirmed',
  )
  assert.notEqual(await verifiedAt(s, id), null)
})

test('a field that is sent twice is none', async (t) => {
  const s = await startServer(t)
  const { token } = await joinAndSend(s)
  const answer = await s.post(PATH, `token=${token}&token=${token}`, form)
  expectPage(answer, 400, 'This link is not good')
})

test('CVE-2023-49097, GHSA-3529-5m8x-rpv3, CVE-2026-27959, CVE-2025-71401: links begin with PUBLIC_URL, whatever a request says', async (t) => {
  const s = await startServer(t, {
    environment: { TRUST_PROXY: '127.0.0.1', PUBLIC_URL: 'https://auth.example.com/base' },
  })
  const { token } = await joinAndSend(s)
  const tricks = [
    { host: 'evil.example' },
    { host: 'evil.example:fake@auth.example.com' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-original-host': 'evil.example' },
    { 'x-forwarded-prefix': '//evil.example' },
  ]
  for (const headers of tricks) {
    const answer = await s.get(`${PATH}?token=${token}`, headers)
    assert.ok(!answer.text.includes('evil'), JSON.stringify(headers))
    assert.match(answer.text, /<form method="post" action="verify-address">/) // beside the page, wherever that is
  }
  await write(s)
  for (const mail of await s.mailbox()) {
    const { link } = readMail(mail)
    assert.equal(link.href.split('?')[0], 'https://auth.example.com/base/mail/verify-address')
    assert.ok(!mail.html.includes('evil'))
  }
})

test('where the database is away the page says so, and nothing of why', async (t) => {
  const s = await startServer(t)
  await s.service.database.close()
  const answer = await post(s, { token: 'A'.repeat(43) })
  assert.ok([500, 503].includes(answer.status))
  expectPage(answer, answer.status, answer.status === 503 ? 'Not at the moment' : 'Something failed here')
})

test('what the service refuses is said on a page, in the language of the form, and never blamed on the link', async (t) => {
  const s = await startServer(t, { environment: { LIMITS: 'on' } })
  const ann = await join(s, 'ann')
  const bearer = { authorization: `Bearer ${ann.access}` }
  await s.post('/api/account/email', { email: 'ann@new.example' }, bearer)
  const { token } = await latest(s, 'ann@new.example', 'change-address')
  await register(s, { email: 'ann@new.example' })
  const fields = new URLSearchParams({ token, password: PASSWORD, lang: 'ar' }).toString()
  expectPage(await s.post('/mail/change-address', fields, form), 409, 'هذا العنوان مستخدم', 'ar')

  let answer = await post(s, { token: 'x', lang: 'ar' })
  while (answer.status === 400) answer = await post(s, { token: 'x', lang: 'ar' })
  expectPage(answer, 429, 'محاولات كثيرة جدًا', 'ar')
  assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/)
  assert.match(answer.text, /مدة الانتظار: دقيقة/)

  expectPage(await s.post(PATH, 'x'.repeat(65_537), form), 413, 'That was too long')
  expectPage(await s.post(PATH, { token }), 415, 'That could not be read')
  expectPage(await s.get('/mail/verify-addr'), 404, 'This link is not good')
})

test('no token is in the log', async (t) => {
  const s = await startServer(t)
  const { token } = await joinAndSend(s)
  await s.get(`${PATH}?token=${token}`)
  await post(s, { token })
  assert.ok(s.logs.some(({ fields }) => fields.route === PATH))
  assert.ok(!JSON.stringify(s.logs).includes(token))
})

/** A page of ours, with the headers that keep it from doing harm. */
function expectPage({ status, text, headers }: Answer, expected: number, title: string, language = 'en'): void {
  const [, shown] = /<h1>([^<]*)<\/h1>/.exec(text) ?? []
  assert.deepEqual([status, shown], [expected, title])
  assert.ok(text.includes(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`))
  assert.ok(!/<script|<link|<img|\bon\w+=|javascript:/i.test(text))
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(text) ?? []
  const digest = createHash('sha256').update(style).digest('base64')
  assert.equal(
    headers['content-security-policy'],
    `default-src 'none'; style-src 'sha256-${digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  )
  const {
    'content-type': type,
    'cache-control': cache,
    'referrer-policy': referrer,
    'x-content-type-options': sniff,
  } = headers
  assert.deepEqual([type, cache, referrer, sniff], ['text/html; charset=utf-8', 'no-store', 'no-referrer', 'nosniff'])
  assert.equal(headers['set-cookie'], undefined)
}

async function joinAndSend(s: TestServer): Promise<{ id: number; token: string }> {
  await register(s, { email: 'ann@example.com' })
  const { id } = await s.db.selectFrom('user').select('id').executeTakeFirstOrThrow()
  return { id, token: (await send(s, { userId: id })).token }
}

async function verifiedAt({ db }: TestServer, id: number): Promise<number | null> {
  return (await db.selectFrom('user').select('email_verified_at').where('id', '=', id).executeTakeFirstOrThrow())
    .email_verified_at
}

async function eventsOf({ db }: TestServer, userId: number): Promise<string[]> {
  const rows = await db
    .selectFrom('event')
    .select('type')
    .where('user_id', '=', userId)
    .where('type', 'like', 'email.%')
    .execute()
  return rows.map(({ type }) => type)
}

const dump = async ({ db }: TestServer) => [
  await db.selectFrom('email_code').selectAll().execute(),
  await db.selectFrom('mail').selectAll().execute(),
  await db.selectFrom('user').selectAll().execute(),
  await db.selectFrom('event').selectAll().execute(),
]
