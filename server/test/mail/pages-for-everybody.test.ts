/**
 * Every page, in both languages, light and dark, on a phone and on a desk: as somebody meets it who sees little, uses no mouse,
 * listens, or runs no scripts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { bearer } from '../account/factors.ts'
import { latest } from '../account-by-mail/mail.ts'
import { inChromium } from '../chromium.ts'
import { join, PASSWORD, register } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'
import { send } from './codes.ts'
import { expectAccessible, follow, judge, keep, languages, looks, open } from './seen.ts'

const environment = { SMTP_URL: '', MAIL_FROM: '', PUBLIC_URL: 'http://localhost:8000', SERVICE_NAME: 'Katana' }
const OLD = 'ann@example.com'
const NEW = 'ann@new.example'
const [phone, , , desk] = looks // rendering.test.ts looks at every kind of page in all of them
const FIELD = 'input[type=password]'

type Step = (page: Page) => Promise<void>
const press: Step = (page) => follow(page, () => page.getByRole('button').click())
const look: Step = async () => {}
const enter =
  (password: string): Step =>
  async (page) => {
    await page.locator(FIELD).fill(password)
    await press(page)
  }

/** A page, and what is done there one after the other: what each step leads to is judged. */
type Visit = [name: string, address: (s: TestServer) => Promise<string>, steps: readonly Step[]]

const visits: Visit[] = [
  ['verify-address', verifyLink, [look, enter('not this one'), enter(PASSWORD)]],
  ['change-address', changeLink, [look, enter('not this one'), enter(PASSWORD)]],
  ['recover-password', recoverLink, [look, enter('shorty!'), enter('four green pears')]],
  ['undo-address-change', undoLink, [look, press]],
  ['broken', async () => '/mail/verify-addr', [look]],
  ['sign-in', async () => '/mail/sign-in?token=any', [look]],
  ['dev-mailbox-empty', async () => '/dev/mail', [look]],
  ['dev-mailbox-gone', async () => '/dev/mail/gone', [look]],
  ['dev-mailbox', mailbox, [look, (page) => follow(page, () => page.getByRole('link').first().click())]],
]

inChromium('pages for everybody', (browser) => {
  for (const [name, address, steps] of visits)
    test(`${name} is for everybody`, async (t) => {
      for (const language of languages) {
        for (const shape of [phone, desk]) {
          const s = await startServer(t, { environment })
          const page = await open(t, browser(), shape, { locale: language })
          await page.goto(`http://localhost:${s.port}${await address(s)}`)
          for (const [at, step] of steps.entries()) {
            const what = `${name}-${at + 1}-${language}-${shape.name}`
            await step(page)
            await keep(page, `page-${what}`)
            await judge(page, language, what)
            if (shape === phone) await expectAccessible(page, what)
            await expectNamed(page, what)
          }
          await page.context().close()
        }
      }
    })

  test('what the service refuses is told for everybody', async (t) => {
    const s = await startServer(t, { environment: { ...environment, LIMITS: 'on' } })
    const page = await open(t, browser(), phone)
    for (const language of languages) {
      for (const [name, answer] of Object.entries(await refusals(s, language))) {
        await page.setContent(answer.text)
        await keep(page, `refused-${name}-${language}`)
        await judge(page, language, name)
        await expectNamed(page, name)
      }
      await expectAccessible(page, 'the last one, as all of them are one template')
    }
  })
})

inChromium('pages for everybody, one by one', (browser) => {
  for (const path of ['/docs', '/docs/problems'])
    test(`${path} is for everybody`, async (t) => {
      const s = await startServer(t)
      for (const shape of [phone, desk]) {
        const page = await open(t, browser(), shape)
        await page.goto(`http://localhost:${s.port}${path}`)
        await judge(page, 'en', `${path} ${shape.name}`)
        if (shape === phone) await expectAccessible(page, path)
      }
    })

  test('a link to sign in with is a button that leads to the application', async (t) => {
    const SIGN_IN_LINK_URL = 'https://app.example.com/sign-in'
    const s = await startServer(t, { environment: { ...environment, SIGN_IN_LINK_URL } })
    for (const language of languages) {
      const page = await open(t, browser(), phone, { locale: language })
      await page.goto(`http://localhost:${s.port}/mail/sign-in?token=any`)
      await keep(page, `page-sign-in-application-${language}`)
      await judge(page, language, 'sign-in')
      await expectAccessible(page, 'sign-in')
      await page.keyboard.press('Tab')
      assert.equal(await page.locator('a:focus').getAttribute('href'), `${SIGN_IN_LINK_URL}#token=any`)
    }
  })

  test('without a mouse: the field, then the button, and it shows where one is', async (t) => {
    const s = await startServer(t, { environment })
    const page = await open(t, browser(), phone)
    await page.goto(`http://localhost:${s.port}${await verifyLink(s)}`)
    for (const element of [FIELD, 'button']) {
      await page.keyboard.press('Tab')
      const focused = page.locator(`${element}:focus`)
      const outline = await focused.evaluate('getComputedStyle(document.activeElement).outline')
      assert.match(String(outline), /solid 3px/, element)
    }
    await follow(page, () => page.keyboard.press('Enter'))
    assert.equal(await page.locator('h1').innerText(), 'Your address is confirmed')
  })

  test('without scripts: a mistake is told first, the field has the focus and says what is wrong', async (t) => {
    const s = await startServer(t, { environment })
    const page = await open(t, browser(), phone, { javaScriptEnabled: false })
    await page.goto(`http://localhost:${s.port}${await recoverLink(s)}`)
    assert.equal(await page.title(), 'Choose a new password – Katana')
    await enter('shorty!')(page)
    assert.equal(await page.title(), 'Not set: choose another password – Katana')
    const focused = page.locator('input:focus')
    assert.equal(await focused.getAttribute('aria-invalid'), 'true')
    const [error = '', hint = ''] = (await focused.getAttribute('aria-describedby'))?.split(' ') ?? []
    const reason = 'This password is too short. It must contain at least this many characters: 8.'
    assert.equal(await page.locator(`#${error}[role=alert]`).innerText(), reason)
    assert.match(await page.locator(`#${hint}`).innerText(), /nowhere else/)
    await page.keyboard.type('four green pears')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor()
  })
})

test('managers of passwords are told which one a field is for, and may paste', async (t) => {
  const s = await startServer(t, { environment })
  for (const [page, autocomplete] of [
    ['verify-address', 'current-password'],
    ['change-address', 'current-password'],
    ['recover-password', 'new-password'],
  ]) {
    const { text } = await s.get(`/mail/${page}?token=x`)
    const [input = ''] = /<input id="password"[^>]*>/.exec(text) ?? []
    assert.ok(input.includes(`autocomplete="${autocomplete}"`), input)
    assert.ok(!/maxlength|onpaste|readonly/.test(input), input)
  }
})

test('why a password is refused is told in the language of the page', async (t) => {
  const s = await startServer(t, { environment })
  await register(s, { email: OLD, first_name: 'Annabella' })
  const refused = ['', 'short', 'x'.repeat(5_000), 'password', OLD, 'annabella']
  await s.post('/api/password/forgot', { email: OLD })
  const { token } = await latest(s, OLD, 'recover-password')
  for (const password of refused) {
    const [english, arabic] = await Promise.all(
      languages.map(async (lang) => {
        const { status, text } = await submit(s, 'recover-password', { token, password, lang })
        assert.equal(status, 422)
        return /role="alert">\s*<p>([^<]*)<\/p>/.exec(text)?.[1] ?? ''
      }),
    )
    assert.match(english ?? '', /^This password /)
    assert.match(arabic ?? '', /كلمة المرور هذه/)
    assert.doesNotMatch(arabic ?? '', /[a-z]/i)
  }
})

/** The tab says which page this is, and of which service. */
async function expectNamed(page: Page, what: string): Promise<void> {
  const title = await page.title()
  const name = await page.locator('h1').innerText()
  assert.ok(title.endsWith(' – Katana'), `${what}: ${title}`)
  const isAsked = (await page.locator('[role=alert]').count()) > 0
  assert.ok(isAsked ? title.includes(': ') : title.startsWith(name), `${what}: ${title}`)
}

async function refusals(s: TestServer, language: string): Promise<Record<string, Answer>> {
  const headers = { 'accept-language': language }
  const { token: expired } = await send(s, { userId: 1 })
  await s.clock.advance(601)
  const { token: used } = await send(s, { userId: null, purpose: 'undo-address-change' })
  const fields = { lang: language, token: used }
  const elsewhere = await submit(s, 'undo-address-change', fields, { 'sec-fetch-site': 'cross-site' })
  const answers = {
    wrong: await submit(s, 'undo-address-change', { lang: language, token: 'unknown' }),
    expired: await submit(s, 'verify-address', { lang: language, token: expired }),
    elsewhere,
    'too-large': await s.post('/mail/verify-address', 'x'.repeat(65_537), headers),
    unreadable: await s.post('/mail/verify-address', {}, headers),
    'too-often': await tooOften(s, language),
  }
  const statuses = Object.values(answers).map(({ status }) => status)
  assert.deepEqual(statuses, [400, 410, 403, 413, 415, 429])
  return answers
}

async function tooOften(s: TestServer, lang: string): Promise<Answer> {
  for (;;) {
    const answer = await submit(s, 'undo-address-change', { token: 'x', lang })
    if (answer.status !== 400) return answer
  }
}

function submit(s: TestServer, page: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return s.post(`/mail/${page}`, new URLSearchParams(fields).toString(), { ...type, ...headers })
}

async function verifyLink(s: TestServer): Promise<string> {
  await join(s, 'ann')
  return linkTo(s, OLD, 'verify-address')
}

async function changeLink(s: TestServer): Promise<string> {
  const ann = await join(s, 'ann')
  await s.post('/api/account/email', { email: NEW }, bearer(ann))
  return linkTo(s, NEW, 'change-address')
}

async function recoverLink(s: TestServer): Promise<string> {
  await join(s, 'ann')
  await s.post('/api/password/forgot', { email: OLD })
  return linkTo(s, OLD, 'recover-password')
}

async function undoLink(s: TestServer): Promise<string> {
  const ann = await join(s, 'ann')
  const { code: proof } = await latest(s, OLD, 'verify-address')
  await s.post('/api/email/verify', { email: OLD, code: proof }, bearer(ann))
  await s.post('/api/account/email', { email: NEW }, bearer(ann))
  const { code } = await latest(s, NEW, 'change-address')
  await s.post('/api/account/email/confirm', { email: NEW, code }, bearer(ann))
  return linkTo(s, OLD, 'address-changed')
}

async function mailbox(s: TestServer): Promise<string> {
  await send(s, { locale: 'en', address: 'a.rather.long.name+of.somebody@subdomain.of.a.long.example.com' })
  await send(s, { locale: 'ar' })
  return '/dev/mail'
}

/** Without its language, so that the browser's counts. */
async function linkTo(s: TestServer, to: string, message: Parameters<typeof latest>[2]): Promise<string> {
  const { token, mail } = await latest(s, to, message)
  const [path = ''] = /\/mail\/[a-z-]+/.exec(mail.text) ?? []
  return `${path}?token=${token}`
}
