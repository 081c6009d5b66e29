/** From the transaction to the mail server: once, at least once after a crash, and with an end. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type DatabaseKind, databases } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { browser, readMail, write } from './codes.ts'
import { type Behaviour, partOf, type SmtpStand, startSmtp } from './smtp.ts'

for (const { kind, name } of databases()) describe(name, () => describeDelivery(kind))

function describeDelivery(kind: DatabaseKind): void {
  test('a mail goes to the one address that is stored, as HTML and text, and leaves no row', async (t) => {
    const { s, smtp } = await open(t, kind)
    await write(s, { address: 'Ann@Example.com' })
    assert.equal(await s.service.email.deliver(), 1)
    assert.deepEqual(smtp.recipients, ['Ann@example.com']) // a domain has no case
    const source = smtp.received[0]?.source ?? ''
    const { code, link } = readMail({ text: partOf(source, 'text/plain').replaceAll('\r\n', '\n') } as never)
    assert.match(code, /^\d{6}$/)
    const html = partOf(source, 'text/html')
    assert.ok(html.includes(code) && html.includes(link.href.replaceAll('&', '&amp;')))
    assert.ok(!/^Subject:.*\d{6}/m.test(source)) // the subject is read over shoulders and on locked screens
    assert.deepEqual(await rows(s), [])
    assert.equal(await s.service.email.deliver(), 0)
  })

  test('a mail of a transaction that fails is not sent', async (t) => {
    const { s, smtp } = await open(t, kind)
    const failure = new Error('later')
    const work = s.service.database.transaction(async (tx) => {
      await s.service.email.notify(tx, notice('ann@example.com'))
      throw failure
    })
    await assert.rejects(work, failure)
    await s.service.email.deliver()
    assert.deepEqual(smtp.recipients, [])
  })

  test('the timers send it at once when it is committed', async (t) => {
    const { s, smtp } = await open(t, kind, {}, { jobs: true })
    await wait(1700) // the timer is between two looks
    const delays = []
    for (let number = 0; number < 5; number++) {
      const startedAt = performance.now()
      await s.service.database.transaction((tx) => s.service.email.notify(tx, notice(`ann${number}@example.com`)))
      await eventually('it has arrived', () => smtp.received.length > number)
      delays.push(performance.now() - startedAt)
    }
    t.diagnostic(`arrived after ${delays.map(Math.round).join(', ')} ms`)
    assert.ok(Math.min(...delays) < 500)
  })

  test('another process, which nobody wakes, finds it within seconds', async (t) => {
    const { s, smtp, environment } = await open(t, kind)
    await startServer(t, { kind, url: s.url, clock: s.clock, environment, jobs: true })
    await s.service.database.transaction((tx) => s.service.email.notify(tx, notice('ann@example.com')))
    await eventually('it has arrived', () => smtp.received.length === 1, 5)
  })

  test('two services on one database send each of a hundred mails once', async (t) => {
    const { s, smtp, environment } = await open(t, kind)
    const other = await startServer(t, { kind, url: s.url, clock: s.clock, environment })
    const addresses = Array.from({ length: 100 }, (_, index) => `user${index}@example.com`)
    for (const to of addresses) await s.service.database.transaction((tx) => s.service.email.notify(tx, notice(to)))
    const counts = await Promise.all([s, other, s, other].map(({ service }) => service.email.deliver()))
    assert.deepEqual(smtp.received.map(({ to }) => to.join()).sort(), addresses.sort())
    assert.deepEqual(await rows(s), [])
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      100,
    )
    t.diagnostic(
      `one service sent ${(counts[0] ?? 0) + (counts[2] ?? 0)}, the other ${(counts[1] ?? 0) + (counts[3] ?? 0)}`,
    )
  })

  test('a process that dies in the middle loses no mail: another one sends it again under the same name', async (t) => {
    let isDying = true
    const { s, smtp, environment } = await open(t, kind, { onRecipient: () => (isDying ? 'hang' : undefined) })
    await s.service.database.transaction((tx) => s.service.email.notify(tx, notice('ann@example.com')))
    const dying = s.service.email.deliver() // it has claimed the mail, and never hears of it again
    await eventually('it is being sent', () => smtp.recipients.length === 1)
    isDying = false
    const other = await startServer(t, { kind, url: s.url, clock: s.clock, environment })
    assert.equal(await other.service.email.deliver(), 0) // it is somebody's
    await s.clock.advance(181)
    assert.equal(await other.service.email.deliver(), 1)
    assert.equal(smtp.received.length, 1)
    assert.match(smtp.received[0]?.source ?? '', /^Message-ID: <[0-9a-f]{32}@example\.com>\r$/m)
    void dying
  })
}

test('one that is put off is tried again after growing pauses, and then arrives', async (t) => {
  const codes = [451, 450, undefined]
  const { s, smtp } = await open(t, 'sqlite', { onRecipient: () => codes.shift() })
  await s.service.database.transaction((tx) => s.service.email.notify(tx, notice('ann@example.com')))
  assert.equal(await s.service.email.deliver(), 0)
  await s.clock.advance(9)
  await s.service.email.deliver()
  assert.equal(smtp.recipients.length, 1)
  await s.clock.advance(2)
  await s.service.email.deliver()
  await s.clock.advance(29)
  await s.service.email.deliver()
  assert.equal(smtp.recipients.length, 2)
  await s.clock.advance(2)
  assert.equal(await s.service.email.deliver(), 1)
  assert.equal(smtp.received.length, 1)
  assert.deepEqual(
    lines(s, 'mail not sent yet').map(({ reason, attempts }) => [reason, attempts]),
    [
      ['smtp-451', 1],
      ['smtp-450', 2],
    ],
  )
})

test('while the mail server is away mails wait; when it is back they arrive', async (t) => {
  const away = await startServer(t) // nobody listens on its SMTP_URL
  for (const to of ['ann@example.com', 'bob@example.com'])
    await away.service.database.transaction((tx) => away.service.email.notify(tx, notice(to)))
  assert.equal(await away.service.email.deliver(), 0)
  const reasons = lines(away, 'mail not sent yet').map(({ reason, attempts }) => [reason, attempts])
  assert.deepEqual(reasons, Array(2).fill(['esocket', 1]))
  const smtp = await startSmtp(t)
  const environment = { SMTP_URL: `smtp://127.0.0.1:${smtp.port}` }
  const back = await startServer(t, { url: away.url, clock: away.clock, environment })
  assert.equal(await back.service.email.deliver(), 0)
  await away.clock.advance(11)
  assert.equal(await back.service.email.deliver(), 2)
  assert.deepEqual([...smtp.recipients].sort(), ['ann@example.com', 'bob@example.com'])
})

test('one that is refused is given up at once, with a line and an event', async (t) => {
  const { s, smtp } = await open(t, 'sqlite', { onRecipient: () => 550 })
  await s.service.database.transaction((tx) => s.service.email.notify(tx, notice('ann@example.com')))
  assert.equal(await s.service.email.deliver(), 1)
  assert.deepEqual([smtp.received, await rows(s)], [[], []])
  await expectFailure(s, 'smtp-550', 'password-changed')
})

test('a notice is tried for a day and then given up', async (t) => {
  const { s, smtp } = await open(t, 'sqlite', { onRecipient: () => 451 })
  await s.service.database.transaction((tx) => s.service.email.notify(tx, notice('ann@example.com')))
  for (let hour = 0; hour < 24; hour++) {
    await s.service.email.deliver()
    assert.equal((await rows(s)).length, 1)
    await s.clock.advance(3600)
  }
  await s.service.email.deliver()
  assert.deepEqual([smtp.received, await rows(s)], [[], []])
  assert.ok(smtp.recipients.length > 20)
  await expectFailure(s, 'too-late', 'password-changed')
})

test('a code is not sent any more once it has expired', async (t) => {
  const codes = [451, undefined]
  const { s, smtp } = await open(t, 'sqlite', { onRecipient: () => codes.shift() })
  await write(s)
  await s.service.email.deliver()
  await s.clock.advance(600)
  await s.service.email.deliver()
  assert.deepEqual([smtp.recipients.length, smtp.received], [1, []])
  await expectFailure(s, 'too-late', 'verify-address')
})

test('the mail that nobody is to get is never sent, and its row goes as others do', async (t) => {
  const { s, smtp } = await open(t, 'sqlite')
  await write(s, { isDecoy: true, userId: null })
  assert.equal((await rows(s)).length, 1)
  assert.equal(await s.service.email.deliver(), 1)
  assert.deepEqual([smtp.recipients, await rows(s)], [[], []])
})

test('a process that ends finishes the mails that it is sending, and leaves the others to be sent', async (t) => {
  const { s, smtp, environment } = await open(t, 'sqlite')
  for (let number = 0; number < 100; number++)
    await s.service.database.transaction((tx) => s.service.email.notify(tx, notice(`user${number}@example.com`)))
  const delivering = s.service.email.deliver()
  await eventually('it has begun', () => smtp.recipients.length > 0)
  await s.service.email.end()
  const sent = await delivering
  assert.ok(sent > 0 && sent < 100, `${sent} were sent`)
  assert.deepEqual([smtp.received.length, (await rows(s)).length], [sent, 100 - sent])
  const other = await startServer(t, { url: s.url, clock: s.clock, environment })
  assert.equal(await other.service.email.deliver(), 100 - sent)
  assert.equal(new Set(smtp.received.map(({ to }) => to.join())).size, 100)
})

test('CVE-2022-31127: what a mail client would make a link of is not repeated in a mail', async (t) => {
  const { s, smtp } = await open(t, 'sqlite')
  const address = 'victim+evil.example/prize@example.com'
  await write(s, { address })
  const origin = { address: 'evil.example/place', userAgent: 'evil.example/agent Firefox/140.0' }
  await s.service.database.transaction((tx) =>
    s.service.email.notify(tx, { ...notice(address), message: 'address-taken', origin }),
  )
  await s.service.email.deliver()
  assert.deepEqual(smtp.recipients, [address, address])
  for (const { source } of smtp.received)
    for (const type of ['text/plain', 'text/html'] as const) assert.ok(!partOf(source, type).includes('evil.example'))
})

test('one that was sealed under another key is given up, and the others are sent', async (t) => {
  const { s, smtp, environment } = await open(t, 'sqlite')
  const other = await startServer(t, {
    url: s.url,
    environment: { ...environment, SECRET_KEY: 'another key that only tests have' },
  }).catch(() => undefined)
  assert.equal(other, undefined) // it cannot start there: so the row is spoiled by hand
  for (const to of ['spoiled@example.com', 'ann@example.com'])
    await s.service.database.transaction((tx) => s.service.email.notify(tx, notice(to)))
  const [first] = await rows(s)
  await s.db.updateTable('mail').set({ sealed: 'unknown.AAAA' }).where('id', '=', String(first?.id)).execute()
  await s.service.email.deliver()
  assert.equal(smtp.received.length, 1)
  await expectFailure(s, 'unusable', 'password-changed')
})

test('a mail server that hangs on one mail does not keep the next ones', async (t) => {
  const hung = 'hung@example.com'
  const { s, smtp } = await open(
    t,
    'sqlite',
    { onRecipient: () => (smtp.recipients.at(-1) === hung ? 'hang' : undefined) },
    { jobs: true },
  )
  await s.service.database.transaction((tx) => s.service.email.notify(tx, notice(hung)))
  await eventually('it hangs', () => smtp.recipients.length === 1)
  for (const to of ['a@example.com', 'b@example.com'])
    await s.service.database.transaction((tx) => s.service.email.notify(tx, notice(to)))
  await eventually('the others have arrived', () => smtp.received.length === 2, 5)
})

const notice = (to: string) => ({ message: 'password-changed', to, userId: 7, locale: 'en', origin: browser }) as const

async function open(
  t: TestContext,
  kind: DatabaseKind,
  behaviour: Behaviour = {},
  options: { jobs?: boolean } = {},
): Promise<{ s: TestServer; smtp: SmtpStand; environment: Record<string, string> }> {
  const smtp = await startSmtp(t, behaviour)
  const environment = { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: 'Auth <auth@example.com>' }
  return { s: await startServer(t, { kind, environment, ...options }), smtp, environment }
}

const rows = ({ db }: TestServer) => db.selectFrom('mail').selectAll().orderBy('due_at').execute()

const lines = (s: TestServer, message: string) =>
  s.logs.filter((line) => line.message === message).map(({ fields }) => fields)

async function expectFailure(s: TestServer, reason: string, message: string): Promise<void> {
  const [line, ...more] = lines(s, 'mail given up')
  assert.deepEqual([line?.reason, line?.message, more], [reason, message, []])
  const events = await s.db.selectFrom('event').selectAll().where('type', '=', 'mail.failed').execute()
  const [event] = events
  assert.deepEqual([events.length, event?.user_id, event?.reason, event?.result], [1, 7, reason, 'failure'])
  assert.ok(!JSON.stringify(events).includes('@example.com'))
}
