/** Codes and links of mails: used once, for one thing, in time, and within five tries. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DatabaseKind, databases } from '../databases.ts'
import { startServer } from '../start-server.ts'
import { checkCode, checkToken, send, write, wrongFor } from './codes.ts'

const proved = { kind: 'proved', userId: 7, address: 'ann@example.com', state: 'as it was' }
const AT_ONCE = 50

for (const { kind, name } of databases()) describe(name, () => describeCodes(kind))

function describeCodes(kind: DatabaseKind): void {
  test('a code proves the address, once, and tells what it was bound to', async (t) => {
    const s = await startServer(t, { kind })
    const { code } = await send(s)
    assert.deepEqual(await checkCode(s, code, { address: 'ANN@example.com' }), { ...proved, sentAt: s.clock.now() })
    assert.deepEqual(await checkCode(s, code), { kind: 'used' })
  })

  test('a link proves the address, once; the code of its mail is used up with it', async (t) => {
    const s = await startServer(t, { kind })
    const { code, token } = await send(s)
    assert.deepEqual(await checkToken(s, token), { ...proved, sentAt: s.clock.now() })
    assert.deepEqual([await checkToken(s, token), await checkCode(s, code)], [{ kind: 'used' }, { kind: 'used' }])
  })

  test(`CVE-2026-37982, CVE-2026-33624, CVE-2026-43930: of ${AT_ONCE} who use one code or link at once, one gets through`, async (t) => {
    const s = await startServer(t, { kind })
    for (const use of ['code', 'token'] as const) {
      const sent = await send(s)
      const check = () => (use === 'code' ? checkCode(s, sent.code) : checkToken(s, sent.token))
      const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, check))
      assert.equal(outcomes.filter((outcome) => outcome.kind === 'proved').length, 1, use)
      assert.ok(outcomes.every(({ kind }) => ['proved', 'used', 'too-many-tries'].includes(kind)))
    }
  })

  test(`${AT_ONCE} wrong codes at once are five tries; then the right one is refused, and the link is still good`, async (t) => {
    const s = await startServer(t, { kind })
    const { code, token } = await send(s)
    const tries = Array.from({ length: AT_ONCE }, (_, index) => checkCode(s, wrongFor(code, index + 1)))
    const kinds = (await Promise.all(tries)).map((outcome) => outcome.kind)
    assert.ok(kinds.every((each) => each === 'wrong'))
    const { tries: counted } = await s.db.selectFrom('email_code').select('tries').executeTakeFirstOrThrow()
    assert.equal(counted, 5)
    assert.deepEqual(await checkCode(s, code), { kind: 'too-many-tries' })
    assert.equal((await checkToken(s, token)).kind, 'proved')
  })

  test('the fifth try may be the right one', async (t) => {
    const s = await startServer(t, { kind })
    const { code } = await send(s)
    for (const by of [1, 2, 3, 4]) assert.deepEqual(await checkCode(s, wrongFor(code, by)), { kind: 'wrong' })
    assert.equal((await checkCode(s, code)).kind, 'proved')
  })

  test('CVE-2026-32132: a second before it expires it is good, a second after it is not, and stays so', async (t) => {
    const s = await startServer(t, { kind })
    const [early, late] = [await send(s, { address: 'early@example.com' }), await send(s)]
    const exact = await send(s, { address: 'exact@example.com' })
    await s.clock.advance(599)
    assert.equal((await checkCode(s, early.code, { address: 'early@example.com' })).kind, 'proved')
    await s.clock.advance(1)
    assert.equal((await checkToken(s, exact.token)).kind, 'expired')
    await s.clock.advance(1)
    for (let again = 0; again < 2; again++) {
      assert.deepEqual(await checkCode(s, late.code), { kind: 'expired' })
      assert.deepEqual(await checkToken(s, late.token), { kind: 'expired' })
    }
  })

  test('a new one voids the old one of the same purpose and address, and no other', async (t) => {
    const s = await startServer(t, { kind })
    const old = await send(s)
    const other = await send(s, { purpose: 'recover-password' })
    const fresh = await send(s, { address: 'Ann@Example.com' })
    assert.deepEqual(await checkToken(s, old.token), { kind: 'wrong' })
    if (old.code !== fresh.code) assert.deepEqual(await checkCode(s, old.code), { kind: 'wrong' })
    assert.equal((await checkCode(s, fresh.code)).kind, 'proved')
    assert.equal((await checkToken(s, other.token, 'recover-password')).kind, 'proved')
  })

  test('of those sent at once for one purpose and address, one is good', async (t) => {
    const s = await startServer(t, { kind })
    await Promise.all(Array.from({ length: 10 }, () => write(s)))
    const mails = await s.mailbox()
    assert.equal(mails.length, 10)
    const outcomes = []
    for (const { text } of mails) outcomes.push(await checkToken(s, /token=([\w-]+)/.exec(text)?.[1] ?? ''))
    assert.equal(outcomes.filter((outcome) => outcome.kind === 'proved').length, 1)
  })

  test('it is good for its purpose and its address only', async (t) => {
    const s = await startServer(t, { kind })
    const { code, token } = await send(s)
    await send(s, { address: 'bob@example.com', userId: 8 })
    for (const purpose of ['sign-in', 'recover-password', 'change-address', 'undo-address-change'] as const) {
      assert.deepEqual(await checkCode(s, code, { purpose }), { kind: 'wrong' })
      assert.deepEqual(await checkToken(s, token, purpose), { kind: 'wrong' })
    }
    const elsewhere = await checkCode(s, code, { address: 'bob@example.com' })
    assert.notEqual(elsewhere.kind === 'proved' && elsewhere.userId, 7)
    assert.equal((await checkToken(s, token)).kind, 'proved')
  })

  test('CVE-2026-27840: a token of which one character is missing, added or another one is none', async (t) => {
    const s = await startServer(t, { kind })
    const { token } = await send(s)
    const flipped = [...token].map(
      (character, at) => token.slice(0, at) + (character === 'A' ? 'B' : 'A') + token.slice(at + 1),
    )
    for (const other of [
      ...flipped,
      token.slice(0, -1),
      token.slice(1),
      `${token}A`,
      `${token}\n`,
      token.toLowerCase(),
      '',
      '%',
    ])
      assert.deepEqual(await checkToken(s, other), { kind: 'wrong' }, other)
    assert.equal((await checkToken(s, token)).kind, 'proved')
  })

  test('a transaction that fails uses nothing up and sends nothing', async (t) => {
    const s = await startServer(t, { kind })
    const { code } = await send(s)
    const { database, email } = s.service
    const failure = new Error('the new password is refused')
    const work = database.transaction(async (tx) => {
      const outcome = await email.checkCode(tx, { purpose: 'verify-address', address: 'ann@example.com', code })
      assert.equal(outcome.kind, 'proved')
      await email.notify(tx, {
        message: 'password-changed',
        to: 'ann@example.com',
        userId: 7,
        locale: null,
        origin: { address: null, userAgent: null },
      })
      throw failure
    })
    await assert.rejects(work, failure)
    assert.equal((await s.mailbox()).length, 1)
    assert.equal((await checkCode(s, code)).kind, 'proved')
  })

  test('CVE-2026-30965: the database holds neither code nor token nor the mail in a form that somebody could use', async (t) => {
    const s = await startServer(t, { kind })
    const { code, token } = await send(s)
    const rows = JSON.stringify([
      await s.db.selectFrom('email_code').selectAll().execute(),
      await s.db.selectFrom('mail').selectAll().execute(),
    ])
    assert.ok(!rows.includes(token) && !rows.includes(`"${code}"`) && !rows.includes('Confirm'))
    assert.ok(!JSON.stringify(s.logs).includes(token))
  })

  test('the undoing of a change of address is a link that lives for a week, and no code', async (t) => {
    const s = await startServer(t, { kind })
    const { mail, code, token } = await send(s, { purpose: 'undo-address-change' })
    assert.deepEqual([code, mail.message], ['', 'address-changed'])
    assert.deepEqual(await checkCode(s, '000000', { purpose: 'undo-address-change' }), { kind: 'wrong' })
    await s.clock.advance(7 * 86_400 - 1)
    assert.equal((await checkToken(s, token, 'undo-address-change')).kind, 'proved')
  })

  test('an address that nobody has gets the same answers and no mail', async (t) => {
    const s = await startServer(t, { kind })
    const answers = async (address: string) => {
      const kinds = []
      for (let tried = 0; tried < 7; tried++) kinds.push((await checkCode(s, 'no code', { address })).kind)
      return kinds
    }
    await write(s, { address: 'known@example.com' })
    await write(s, { address: 'unknown@example.com', userId: null, isDecoy: true })
    assert.deepEqual(
      (await s.mailbox()).map(({ to }) => to),
      ['known@example.com'],
    )
    assert.deepEqual(await answers('known@example.com'), await answers('unknown@example.com'))
    assert.deepEqual(await answers('never@example.com'), Array(7).fill('wrong')) // as for whoever never asked for a code
  })

  test('what nobody needs any more goes: codes a day after they expired', async (t) => {
    const s = await startServer(t, { kind })
    await send(s)
    await s.clock.advance(600 + 86_399)
    assert.equal(await s.service.email.purge(), 0)
    await s.clock.advance(2)
    assert.equal(await s.service.email.purge(), 1)
  })

  test('of whoever is erased all goes, also what others asked for at the address, and nothing of others', async (t) => {
    const s = await startServer(t, { kind })
    const [now, old] = ['ann@example.com', 'old@example.com']
    await write(s, { address: now })
    await write(s, { address: now, purpose: 'change-address', userId: 8 }) // asked for before she had it
    await write(s, { address: 'ANN@example.com', purpose: 'recover-password', userId: null, isDecoy: true })
    await write(s, { address: old, purpose: 'undo-address-change' })
    await write(s, { address: old, purpose: 'change-address', userId: null, isDecoy: true })
    const kept = [
      { address: old, purpose: 'verify-address', userId: 9 }, // who has it by now
      { address: 'bob@example.com', purpose: 'verify-address', userId: 8 },
      { address: 'nobody@example.com', purpose: 'verify-address', userId: null },
    ] as const
    for (const code of kept) await write(s, code)
    await s.service.database.transaction((tx) => s.service.email.removeAllOf(tx, { id: 7, email: now }))
    const rows = await s.db.selectFrom('email_code').select(['address', 'purpose', 'user_id']).execute()
    const left = rows.map(({ user_id: userId, ...row }) => ({ ...row, userId }))
    const byAddress = (one: { address: string }, other: { address: string }) => (one.address < other.address ? -1 : 1)
    assert.deepEqual(left.sort(byAddress), [...kept].sort(byAddress))
    const ofHers = s.db.selectFrom('mail').select('id').where('user_id', '=', 7)
    assert.deepEqual(await ofHers.execute(), [])
  })

  test('a code that nobody is sent keeps neither the address that somebody typed nor who asked', async (t) => {
    const s = await startServer(t, { kind })
    await write(s, { userId: null, isDecoy: true, state: 'session of bob@example.com' })
    const [row] = await s.db.selectFrom('email_code').selectAll().execute()
    assert.deepEqual([row?.address, row?.state], ['', ''])
    assert.doesNotMatch(JSON.stringify(row), /example/)
  })
}

const notOne: [id: string, address: string][] = [
  ['CVE-2022-35924', 'attacker@a.com,victim@v.com'],
  ['CVE-2022-35924', 'Ann <ann@example.com>'],
  ['GHSA-5jpx-9hw9-2fx4', '"e@attacker.com"@victim.com'],
  ['CVE-2026-40574', 'attacker@evil.com@company.com'],
  ['CVE-2021-23400', 'ann@example.com\r\nBcc: victim@v.com'],
]
for (const [id, address] of notOne)
  test(`${id}: nothing is sent to ${JSON.stringify(address)}`, async (t) => {
    const s = await startServer(t)
    await write(s, { address })
    const rows = await s.db.selectFrom('mail').select('is_decoy').execute()
    assert.deepEqual([await s.mailbox(), rows.map((row) => row.is_decoy)], [[], [1]])
    assert.ok(s.logs.some(({ message }) => message.startsWith('mail not written')))
    assert.doesNotMatch(JSON.stringify(s.logs), /a\.com|company|Bcc/)
  })

test('where there is no mail, what needs it is refused and notices are left out', async (t) => {
  const s = await startServer(t, { environment: { SMTP_URL: '', PUBLIC_URL: 'https://auth.example.com' } })
  const { email, database } = s.service
  assert.equal(email.mode, 'off')
  assert.throws(() => email.requireMail(), { code: 'mail-not-configured' })
  await assert.rejects(write(s), { code: 'mail-not-configured' })
  const origin = { address: null, userAgent: null }
  await database.transaction((tx) =>
    email.notify(tx, { message: 'password-changed', to: 'a@example.com', userId: 7, locale: null, origin }),
  )
  assert.deepEqual(await s.mailbox(), [])
})
