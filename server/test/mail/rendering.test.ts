/**
 * Mails and pages in a real browser, in both languages, light and dark, on a phone and on a desk: they fit, can be read, and the
 * button works. With SCREENSHOTS=folder what was seen is kept there, to be looked at.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inChromium } from '../chromium.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { browser as device, readMail, send, write } from './codes.ts'
import { expectAccessible, follow, forMails, judge, keep, languages, look, looks, open } from './seen.ts'

const LONG_ADDRESS = 'a.rather.long.name+of.somebody@subdomain.of.a.long.example.com'

inChromium('mails and pages', (browser) => {
  test('every mail fits, is contrasty, and runs in the direction of its language', async (t) => {
    const s = await startServer(t)
    const bare = await startServer(t, { environment: { SIGN_IN_LINK_URL: '' } })
    const mails = []
    for (const language of languages) {
      for (const mail of await writeSignInCode(bare, language)) mails.push({ ...mail, language })
      for (const mail of await writeAll(s, language)) mails.push({ ...mail, language })
    }
    for (const shape of looks) {
      const page = await open(t, browser(), shape)
      for (const { message, language, html } of mails) {
        await page.setContent(html)
        await judge(page, language, `${message} ${language} ${shape.name}`)
        if (shape === looks[0]) await expectAccessible(page, `${message} ${language}`, forMails)
        await keep(page, `mail-${message}-${language}-${shape.name}`)
      }
    }
  })

  test('a code and an address within Arabic keep their own direction', async (t) => {
    const s = await startServer(t)
    const { mail, code } = await send(s, { locale: 'ar', address: '1.first@example.com' })
    const page = await open(t, browser(), looks[0])
    await page.setContent(mail.html)
    const isolated = await page.locator('bdi', { hasText: '1.first@example.com' }).first().innerText()
    assert.equal(isolated, '1.first@example.com')
    // The first digit stands left of the last one on the screen, and not only in the text.
    const { codeRuns, align } = await look(page)
    assert.equal(await page.locator('.code').innerText(), code)
    assert.ok(Number(codeRuns[0]) < Number(codeRuns[1]))
    assert.equal(align, 'right')
  })

  test('every page fits, is contrasty, and its button does what the mail was sent for', async (t) => {
    const s = await startServer(t, {
      environment: { SMTP_URL: '', MAIL_FROM: '', PUBLIC_URL: 'http://localhost:8000' },
    })
    for (const language of languages) {
      for (const shape of looks) {
        await s.db.deleteFrom('user').execute()
        const { id } = await insertUser(s)
        const { link } = await send(s, { userId: id, locale: language })
        const page = await open(t, browser(), shape)
        const faults: string[] = []
        page.on('console', (line) => void (line.type() === 'error' && faults.push(line.text())))
        await page.goto(`http://localhost:${s.port}${link.pathname}${link.search}`)
        await judge(page, language, `page ${language} ${shape.name}`)
        await keep(page, `page-verify-${language}-${shape.name}`)
        await follow(page, () => page.getByRole('button').click())
        await judge(page, language, `done ${language} ${shape.name}`)
        await keep(page, `page-done-${language}-${shape.name}`)
        const row = await s.db
          .selectFrom('user')
          .select('email_verified_at')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        assert.equal(row.email_verified_at, s.clock.now())
        const left = await leave(s, id, language)
        await page.goto(`http://localhost:${s.port}${left.pathname}${left.search}`)
        await judge(page, language, `undo ${language} ${shape.name}`)
        await keep(page, `page-undo-deletion-${language}-${shape.name}`)
        await follow(page, () => page.getByRole('button').click())
        await judge(page, language, `kept ${language} ${shape.name}`)
        await keep(page, `page-account-kept-${language}-${shape.name}`)
        assert.equal(await s.service.lifecycle.findDeletion(id), undefined)
        await page.goto(`http://localhost:${s.port}/dev/mail?lang=${language}`)
        await judge(page, language, `mailbox ${shape.name}`)
        await keep(page, `dev-mailbox-${shape.name}`)
        assert.deepEqual(faults, [])
        await page.context().close()
      }
    }
  })

  test('the mailbox leads to the mail, its text, its HTML and its page, by clicks alone', async (t) => {
    const s = await startServer(t, {
      environment: { SMTP_URL: '', MAIL_FROM: '', PUBLIC_URL: 'http://localhost:8000' },
    })
    const { mail, link } = await send(s)
    const page = await open(t, browser(), looks[2])
    await page.goto(`http://localhost:${s.port}/dev/mail`)
    await follow(page, () => page.getByRole('link', { name: mail.subject }).click())
    await keep(page, 'dev-mail')
    assert.equal(await page.locator('pre a').getAttribute('href'), link.href)
    await follow(page, () => page.getByRole('link', { name: 'As HTML' }).click())
    assert.equal(await page.locator('h1').innerText(), mail.subject)
    assert.equal(await page.locator('.code').innerText(), readMail(mail).code)
    await page.goBack()
    await follow(page, () => page.getByRole('link', { name: 'All mails' }).click())
    assert.equal(new URL(page.url()).pathname, '/dev/mail')
  })
})

async function insertUser({ db }: TestServer): Promise<{ id: number }> {
  const email = 'ann@example.com'
  const row = { email, email_key: email, first_name: '', last_name: '', created_at: 0 }
  await db
    .insertInto('user')
    .values({
      ...row,
      last_login_at: null,
      disabled_at: null,
      sessions_ended_at: null,
      email_verified_at: null,
      locale: null,
    })
    .execute()
  return db.selectFrom('user').select('id').executeTakeFirstOrThrow()
}

/** The user asks for the account to be deleted. @returns the link that takes it back */
async function leave(s: TestServer, userId: number, locale: string): Promise<URL> {
  await s.db.updateTable('user').set({ locale }).where('id', '=', userId).execute()
  await s.db.deleteFrom('mail').execute()
  const visitor = { address: null, isPeer: true, deviceId: undefined }
  await s.service.lifecycle.requestDeletion({ userId, sessionId: undefined, origin: device, visitor })
  const [mail] = await s.mailbox()
  assert.equal(mail?.message, 'deletion-requested')
  return readMail(mail).link
}

/** The mail to sign in with where no application takes a link. */
async function writeSignInCode(s: TestServer, locale: string) {
  await s.db.deleteFrom('mail').execute()
  await write(s, { purpose: 'sign-in', locale, address: LONG_ADDRESS })
  return s.mailbox()
}

/** One mail of each other kind. */
async function writeAll(s: TestServer, locale: string) {
  await s.db.deleteFrom('mail').execute()
  for (const purpose of ['verify-address', 'change-address', 'recover-password', 'sign-in'] as const)
    await send(s, { purpose, locale, address: LONG_ADDRESS })
  for (const purpose of ['undo-address-change', 'undo-deletion'] as const) await send(s, { purpose, locale })
  const notice = { to: LONG_ADDRESS, userId: 7, locale, origin: device }
  const { email, database } = s.service
  await database.transaction(async (tx) => {
    await email.notify(tx, { ...notice, message: 'address-taken', origin: { address: null, userAgent: null } })
    await email.notify(tx, { ...notice, message: 'password-changed' })
    await email.notify(tx, { ...notice, message: 'account-exported' })
    await email.notify(tx, { ...notice, message: 'deletion-undone' })
    await email.notify(tx, { ...notice, message: 'account-deleted' })
    await email.notify(tx, { ...notice, message: 'unproven-address-changed' })
    await email.notify(tx, { ...notice, message: 'factor-added', facts: { factor: 'totp' } })
    await email.notify(tx, { ...notice, message: 'factor-removed', facts: { factor: 'recovery-codes' } })
    await email.notify(tx, { ...notice, message: 'factor-disabled', facts: { factor: 'totp' } })
    const factors = ['totp', 'recovery-codes', 'passkey'] as const
    await email.notify(tx, { ...notice, message: 'factors-reset', facts: { factors } })
    await email.notify(tx, { ...notice, message: 'recovery-codes-made' })
  })
  const mails = await s.mailbox()
  assert.equal(mails.length, 17)
  return mails
}
