/** Mails and pages as a person meets them in Chromium: how they are opened, and what somebody would complain about. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'

const seenInPage = readFileSync(join(import.meta.dirname, 'seen-in-page.js'), 'utf8')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const screenshots = process.env.SCREENSHOTS

export const looks = [
  { name: 'phone-light', width: 360, height: 740, colorScheme: 'light' },
  { name: 'phone-dark', width: 360, height: 740, colorScheme: 'dark' },
  { name: 'desk-light', width: 1000, height: 760, colorScheme: 'light' },
  { name: 'desk-dark', width: 1000, height: 760, colorScheme: 'dark' },
] as const
export const languages = ['en', 'ar'] as const

export async function open(
  t: TestContext,
  browser: Browser,
  { width, height, colorScheme }: (typeof looks)[number],
  more: { javaScriptEnabled?: boolean; locale?: string } = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, ...more })
  t.after(() => context.close())
  return context.newPage()
}

/** Does what leads to another page, and is there when that page is: a click alone may end before the browser has left. */
export async function follow(page: Page, act: () => Promise<void>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), act()])
}

/** With SCREENSHOTS=folder, what was seen is kept there. */
export async function keep(page: Page, name: string): Promise<void> {
  if (!screenshots) return
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
}

/** What a person would complain about: text cut off or out of the window, too pale, or running the wrong way. */
export async function judge(page: Page, language: string, what: string): Promise<void> {
  const { pale, lang, dir, overflow, headings } = await look(page)
  const wanted = { pale: [], lang: language, dir: language === 'ar' ? 'rtl' : 'ltr', overflow: 0, headings: 1 }
  assert.deepEqual({ pale, lang, dir, overflow, headings }, wanted, what) // WCAG 1.4.3: 4.5 to 1
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
/** For mails, which are shown within somebody else's page: its landmarks are not theirs. */
export const forMails = wcag
const forPages = [...wcag, 'best-practice']

/** Nothing that axe-core finds against WCAG 2.2 AA, and on a page against good practice. */
export async function expectAccessible(page: Page, what: string, rules = forPages): Promise<void> {
  await page.evaluate(axe)
  // `judge` measures contrast, in every look, and in a tenth of the time.
  const options = { runOnly: rules, resultTypes: ['violations'], rules: { 'color-contrast': { enabled: false } } }
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`)
  const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  assert.deepEqual(found, [], what)
}

type Seen = {
  pale: string[]
  lang: string
  dir: string
  overflow: number
  headings: number
  align: string
  codeRuns: number[]
}

export const look = (page: Page): Promise<Seen> => page.evaluate(seenInPage)
