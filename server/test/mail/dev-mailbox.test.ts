/** The development mailbox: there on this machine, where nobody else can be meant, and nowhere else. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text as readText } from 'node:stream/consumers'
import { test } from 'node:test'
import { expectProblem } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { write } from './codes.ts'

const development = { SMTP_URL: '', MAIL_FROM: '', PUBLIC_URL: 'http://localhost:8000' }
const json = { accept: 'application/json' }
type Body = { mails: { id: string; to: string; subject: string; text: string; html: string }[] }

test('mails that are not sent are listed, the latest first, and shown as HTML and text', async (t) => {
  const s = await startServer(t, { environment: development })
  assert.match((await s.get('/dev/mail')).text, /There is no mail/)
  await write(s, { address: 'first@example.com' })
  await s.clock.advance(1)
  await write(s, { address: 'second@example.com', locale: 'ar' })
  const { mails } = (await s.get('/dev/mail', json)).json as Body
  assert.deepEqual(
    mails.map(({ to }) => to),
    ['second@example.com', 'first@example.com'],
  )
  const list = await s.get('/dev/mail')
  assert.ok(list.text.indexOf('second@example.com') < list.text.indexOf('first@example.com'))
  const [{ id, html, text } = { id: '', html: '', text: '' }] = mails
  assert.ok(list.text.includes(`href="mail/${id}"`))
  const shown = await s.get(`/dev/mail/${id}`)
  assert.equal(shown.status, 200)
  assert.match(shown.text, /<a href="http:\/\/localhost:8000\/mail\/verify-address\?token=[\w-]{43}&amp;lang=ar">/)
  const asHtml = await s.get(`/dev/mail/${id}/html`)
  assert.equal(asHtml.text, html)
  assert.match(String(asHtml.headers['content-security-policy']), /default-src 'none'.*sandbox/)
  assert.equal(((await s.get(`/dev/mail/${id}`, json)).json as { text: string }).text, text)
  expectProblem(await s.get('/dev/mail/unknown', json), 404, 'not-found')
  for (const path of ['/dev/mail/unknown', '/dev/mail/unknown/html']) {
    const { status, text } = await s.get(path)
    assert.equal(status, 404)
    assert.match(text, /<h1>This mail is not here<\/h1>/)
  }
})

test('nobody sends them, also when a mail server is set later, and after a day they go', async (t) => {
  const s = await startServer(t, { environment: development })
  await write(s)
  await s.clock.advance(86_399)
  assert.equal(await s.service.email.deliver(), 0)
  await s.service.email.purge()
  assert.equal((await s.mailbox()).length, 1)
  const later = await startServer(t, {
    url: s.url,
    clock: s.clock,
    environment: { PUBLIC_URL: 'http://localhost:8000' },
  })
  assert.equal(await later.service.email.deliver(), 0)
  assert.equal((await s.mailbox()).length, 1)
  await s.clock.advance(2)
  await s.service.email.purge()
  assert.deepEqual(await s.mailbox(), [])
})

const hidden: [why: string, headers: Record<string, string>][] = [
  ['a proxy that says for whom it asks', { 'x-forwarded-for': '127.0.0.1' }],
  ['a proxy that says so in the standard way', { forwarded: 'for=127.0.0.1' }],
  ['a proxy that only says that it is one', { via: '1.1 proxy' }],
  ['a page elsewhere whose name was made to mean this machine', { host: 'evil.example' }],
  ['a name that only begins as if it were local', { host: 'localhost.evil.example' }],
]
for (const [why, headers] of hidden)
  test(`it is not there for ${why}`, async (t) => {
    const s = await startServer(t, { environment: { ...development, TRUST_PROXY: '127.0.0.1' } })
    for (const path of ['/dev/mail', '/dev/mail/x', '/dev/mail/x/html'])
      expectProblem(await s.get(path, headers), 404, 'not-found')
  })

test('it is not there for a proxy that says nothing, as nginx does unless it is told to', async (t) => {
  const s = await startServer(t, { environment: development })
  const socket = connect(s.port, '127.0.0.1')
  socket.end(`GET /dev/mail HTTP/1.0\r\nHost: 127.0.0.1:${s.port}\r\nConnection: close\r\n\r\n`)
  assert.match(await readText(socket), /^HTTP\/1\.1 404 /)
})

test('it is not there for another machine', async (t) => {
  const outer = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === 'IPv4')
  if (!outer) return t.diagnostic('this machine has no other address')
  const s = await startServer(t, { environment: { ...development, HOST: '0.0.0.0' } })
  const claims = { host: 'localhost' }
  assert.equal((await s.get('/dev/mail', claims)).status, 200)
  assert.equal(await statusFrom(outer.address, s, claims), 404)
})

for (const [why, environment] of [
  ['mails are sent', { PUBLIC_URL: 'http://localhost:8000' }],
  ['others reach the service', { SMTP_URL: '', MAIL_FROM: '' }],
] as const)
  test(`it is not there where ${why}`, async (t) => {
    const s = await startServer(t, { environment })
    for (const path of ['/dev/mail', '/dev/mail/x', '/dev/mail/x/html'])
      expectProblem(await s.get(path, { host: 'localhost' }), 404, 'not-found')
  })

function statusFrom(address: string, { port }: TestServer, headers: Record<string, string>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const asking = request({ host: address, port, path: '/dev/mail', headers }, (answer) => {
    readText(answer).then(() => resolve(answer.statusCode ?? 0), reject)
  })
  asking.on('error', reject).end()
  return promise
}
