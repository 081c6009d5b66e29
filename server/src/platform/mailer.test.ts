import assert from 'node:assert/strict'
import { test } from 'node:test'
import tls from 'node:tls'
import { makeCertificate, partOf, startSmtp } from '../../test/mail/smtp.ts'
import { createMailer, type Message } from './mailer.ts'
import { parseMailbox, parseSmtpUrl } from './smtp-url.ts'

const from = parseMailbox('Sämurai <no-reply@example.com>')
const message: Message = {
  id: '0123',
  to: 'ann@example.com',
  subject: 'Größe — مرحبا',
  text: 'A text\nin lines. مرحبا\n',
  html: '<p>مرحبا</p>',
  language: 'ar',
}
const certificate = makeCertificate()
const quick = { connectMs: 300, silenceMs: 300, totalMs: 2000 }

const mailerTo = (address: string, timeouts?: typeof quick) => createMailer(parseSmtpUrl(address), from, timeouts)

test('a message arrives as it was written, at one recipient', async (t) => {
  const { port, received, recipients } = await startSmtp(t)
  assert.deepEqual(await mailerTo(`smtp://127.0.0.1:${port}`).send(message), { kind: 'sent' })
  const [mail] = received
  assert.deepEqual(
    [mail?.from, mail?.to, recipients],
    ['no-reply@example.com', ['ann@example.com'], ['ann@example.com']],
  )
  const source = mail?.source ?? ''
  assert.equal(partOf(source, 'text/plain').replaceAll('\r\n', '\n').trim(), message.text.trim())
  assert.equal(partOf(source, 'text/html').trim(), message.html)
  for (const header of [
    /^Message-ID: <0123@example\.com>\r$/m,
    /^To: ann@example\.com\r$/m,
    /^From: =\?UTF-8\?.* <no-reply@example\.com>\r$/m,
    /^Subject: =\?UTF-8\?/m,
    /^Auto-Submitted: auto-generated\r$/m,
    /^Content-Language: ar\r$/m,
    /^Date: /m,
  ])
    assert.match(source, header)
})

test('a domain beyond ASCII is written as DNS knows it', async (t) => {
  const { port, received } = await startSmtp(t)
  const outcome = await mailerTo(`smtp://127.0.0.1:${port}`).send({ ...message, to: 'ann@exämple.com' })
  assert.deepEqual(outcome, { kind: 'sent' }) // this server has no SMTPUTF8, and decodes the name for us
  assert.match(received[0]?.source ?? '', /^To: ann@xn--exmple-cua\.com\r$/m)
})

const answers: [code: number, when: 'onRecipient' | 'onData', kind: string][] = [
  [450, 'onRecipient', 'failed'],
  [550, 'onRecipient', 'refused'],
  [451, 'onData', 'failed'],
  [554, 'onData', 'refused'],
]
for (const [code, when, kind] of answers)
  test(`a ${code} ${when === 'onData' ? 'after the mail' : 'to its recipient'} is told as ${kind}`, async (t) => {
    const { port, received } = await startSmtp(t, { [when]: () => code })
    const outcome = await mailerTo(`smtp://127.0.0.1:${port}`).send(message)
    assert.deepEqual([outcome.kind, 'reason' in outcome && outcome.reason], [kind, `smtp-${code}`])
    assert.deepEqual(received, [])
  })

test('a server that hangs or is not there is told as a failure, in time', async (t) => {
  const { port } = await startSmtp(t, { onRecipient: () => 'hang' })
  const startedAt = performance.now()
  const hung = await mailerTo(`smtp://127.0.0.1:${port}`, quick).send(message)
  const absent = await mailerTo('smtp://127.0.0.1:9', quick).send(message)
  assert.deepEqual([hung.kind, absent.kind], ['failed', 'failed'])
  assert.ok(performance.now() - startedAt < 5000)
})

test('a server that talks on without end is left', async (t) => {
  const { port } = await startSmtp(t, { onRecipient: () => 'hang' })
  const outcome = await mailerTo(`smtp://127.0.0.1:${port}`, { ...quick, silenceMs: 60_000, totalMs: 200 }).send(
    message,
  )
  assert.deepEqual(outcome, { kind: 'failed', reason: 'took-too-long', answer: '' })
})

test('a wrong password is no fault of the message: it is tried again', async (t) => {
  const { port } = await startSmtp(t, {}, { ...certificate, secure: false })
  trust(t)
  const outcome = await mailerTo(`smtp://me:wrong@127.0.0.1:${port}?tls=on`).send(message)
  assert.deepEqual([outcome.kind, 'reason' in outcome && outcome.reason], ['failed', 'smtp-535'])
})

test('TLS is used from the first byte, or before anything is said', async (t) => {
  trust(t)
  const [implicit, upgraded] = [
    await startSmtp(t, {}, { ...certificate, secure: true }),
    await startSmtp(t, {}, { ...certificate, secure: false }),
  ]
  assert.deepEqual(await mailerTo(`smtps://me:right@127.0.0.1:${implicit.port}`).send(message), { kind: 'sent' })
  assert.deepEqual(await mailerTo(`smtp://me:right@127.0.0.1:${upgraded.port}?tls=on`).send(message), { kind: 'sent' })
  for (const { received } of [implicit, upgraded])
    assert.deepEqual(
      received.map(({ isSecure, user }) => [isSecure, user]),
      [[true, 'me']],
    )
})

test('where TLS is required and not offered, nothing is sent', async (t) => {
  const { port, received, recipients } = await startSmtp(t)
  assert.equal((await mailerTo(`smtp://127.0.0.1:${port}?tls=on`).send(message)).kind, 'failed')
  assert.deepEqual([received, recipients], [[], []])
})

test('a certificate that nobody signed is not believed', async (t) => {
  const [implicit, upgraded] = [
    await startSmtp(t, {}, { ...certificate, secure: true }),
    await startSmtp(t, {}, { ...certificate, secure: false }),
  ]
  assert.equal((await mailerTo(`smtps://127.0.0.1:${implicit.port}`).send(message)).kind, 'failed')
  assert.equal((await mailerTo(`smtp://127.0.0.1:${upgraded.port}?tls=on`).send(message)).kind, 'failed')
  assert.deepEqual([implicit.recipients, upgraded.recipients], [[], []])
})

const tricks: [id: string, change: Partial<Message>][] = [
  ['GHSA-5jpx-9hw9-2fx4', { to: '"e@attacker.com"@victim.com' }],
  ['CVE-2025-13033', { to: '"e@attacker.com x"@victim.com' }],
  ['CVE-2022-35924', { to: 'attacker@a.com,victim@v.com' }],
  ['CVE-2022-35924', { to: 'attacker@a.com;victim@v.com' }],
  ['CVE-2022-35924', { to: 'Ann <ann@example.com>' }],
  ['CVE-2021-23400', { to: 'ann@example.com\r\nRCPT TO:<victim@v.com>' }],
  ['CVE-2020-7769', { to: '-bi@example.com\n' }],
  ['GHSA-268h-hp4c-crq3', { language: 'ar\r\nBcc: victim@v.com' }],
  ['CVE-2026-82659', { subject: 'Hello\r\nBcc: victim@v.com' }],
  ['CVE-2026-82659', { id: '1>\r\nBcc: victim@v.com' }],
]
for (const [id, change] of tricks)
  test(`${id}: ${JSON.stringify(change)} reaches nobody, or the one address that it is`, async (t) => {
    const { port, recipients, received } = await startSmtp(t)
    const sent = mailerTo(`smtp://127.0.0.1:${port}`).send({ ...message, ...change })
    await assert.rejects(sent, TypeError)
    assert.deepEqual([recipients, received], [[], []])
  })

test('CVE-2026-82659, GHSA-p6gq-j5cr-w38f: what else is put into a message is neither read nor sent', async (t) => {
  const { port, received, recipients } = await startSmtp(t)
  const file = { path: import.meta.filename }
  const more = { raw: file, attachments: [file], alternatives: [file], amp: file, bcc: 'victim@v.com', envelope: file }
  assert.deepEqual(await mailerTo(`smtp://127.0.0.1:${port}`).send({ ...message, ...more }), { kind: 'sent' })
  assert.deepEqual(recipients, ['ann@example.com'])
  assert.equal(partOf(received[0]?.source ?? '', 'text/html').trim(), message.html)
  assert.ok(!received[0]?.source.includes('mailer.test'))
})

test('GHSA-vvjj-xcjg-gr5g: no sender and no server has two lines', async (t) => {
  for (const text of ['no-reply@example.com\r\nRCPT TO:<victim@v.com>', 'Evil\nBcc: v <no-reply@example.com>'])
    assert.throws(() => parseMailbox(text), TypeError)
  const { port, received, recipients } = await startSmtp(t)
  const split = `smtp://127.0.0.1\r\nRCPT TO:<victim@v.com>:${port}`
  assert.throws(() => parseSmtpUrl(split), TypeError)
  assert.deepEqual([received, recipients], [[], []])
})

function trust(t: { after(work: () => void): void }): void {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, certificate.cert])
  t.after(() => tls.setDefaultCACertificates(before))
}
