/** Chromium for test files: one browser and one service a file; one site, one person's browser and one user a test. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { after, before, describe, type TestContext, test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Client, ClientOptions, SessionState } from '../src/index.ts'
import { buildPackage } from './build.ts'
import { type Service, startService } from './service.ts'
import { type Site, startSite } from './site.ts'

declare global {
  // What the page of the site has.
  var client: Client
  var states: SessionState[]
}

export type Stage = { readonly browser: Browser; readonly service: Service; readonly folder: string }

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const options = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const AT_ONCE = 6 // tests of a file; most of them wait
const TIMEOUT_MS = 180_000 // of all tests of a file, and of each of them

const isCi = process.env.CI === 'true'
export const PASSWORD = 'three red apples'

/**
 * Tests in a real browser, all at once: most of them wait. Without a browser they are named as not run, and with CI=true
 * that is a failure.
 *
 * @param more further options of Chromium
 */
export function inChromium(name: string, tests: (stage: () => Stage) => void, more: readonly string[] = []): void {
  if (existsSync(executablePath))
    describe(`${name}, in Chromium`, { concurrency: AT_ONCE, timeout: TIMEOUT_MS }, inOneBrowser)
  else nameMissing(name)

  function inOneBrowser(): void {
    let stage: Stage | undefined
    const stops: (() => Promise<void>)[] = []
    before(async () => {
      const folder = await buildPackage()
      stops.push(() => rm(folder, { recursive: true }))
      const service = await startService()
      stops.push(service.stop)
      const browser = await chromium.launch({ executablePath, args: [...options, ...more] })
      stops.push(() => browser.close())
      stage = { browser, service, folder }
    })
    after(async () => {
      for (const stop of stops.reverse()) await stop()
    })
    tests(() => {
      assert.ok(stage)
      return stage
    })
  }
}

function nameMissing(name: string): void {
  const sentence = `${name}: Chromium is not installed here (npm run services)`
  if (isCi) test(sentence, () => assert.fail(sentence))
  else console.log(`Not run: ${sentence}`)
}

export type Visit = {
  readonly site: Site
  readonly service: Service
  /** One person's browser: its tabs share storage. */
  readonly context: BrowserContext
  openTab(given?: Partial<ClientOptions>): Promise<Page>
}

export async function visit(t: TestContext, { browser, service, folder }: Stage): Promise<Visit> {
  const [site, context] = await Promise.all([startSite(service, folder), browser.newContext()])
  t.after(async () => {
    await context.close()
    site.stop()
  })
  const openTab = async (given?: Partial<ClientOptions>) => {
    const tab = await context.newPage()
    await load(tab, `${site.origin}/`, given)
    return tab
  }
  return { site, service, context, openTab }
}

export async function load(tab: Page, address: string, given: Partial<ClientOptions> = {}): Promise<void> {
  await tab.goto(`${address}#${encodeURIComponent(JSON.stringify(given))}`)
  await tab.waitForFunction(() => globalThis.states)
}

let users = 0

/** A new user. @returns the e-mail address */
export async function register(tab: Page): Promise<string> {
  const email = `person${++users}@example.com`
  await tab.evaluate((user) => client.register(user), { email, password: PASSWORD })
  return email
}

export const login = (tab: Page, email: string): Promise<void> =>
  tab.evaluate((user) => client.login(user), { email, password: PASSWORD })

/** A new user, signed in in this tab. @returns the e-mail address */
export async function signIn(tab: Page): Promise<string> {
  const email = await register(tab)
  await login(tab, email)
  return email
}

export const stateOf = (tab: Page): Promise<SessionState> => tab.evaluate(() => client.session.state)

/** All states so far, in words: `signed-out logout`. */
export async function statesOf(tab: Page): Promise<string[]> {
  const states = await tab.evaluate(() => globalThis.states)
  return states.map((state) => ('reason' in state ? `${state.kind} ${state.reason}` : state.kind))
}

/** Waits for a state, as it is written by `statesOf`. */
export async function untilState(tab: Page, words: string, seconds = 10): Promise<void> {
  const isThere = (words: string) => {
    const { kind, ...rest } = client.session.state
    return [kind, ...('reason' in rest ? [rest.reason] : [])].join(' ') === words
  }
  await tab.waitForFunction(isThere, words, { timeout: seconds * 1000 })
}

/** Sets the clock of the device forward or back: the tab's Date, and nothing else, as sleep does. Also before it loads. */
export function shiftClock(shift: number): void {
  const Real = Date
  globalThis.Date = class extends Real {
    constructor(...given: [] | [number]) {
      super(given[0] ?? Real.now() + shift)
    }
    static override now(): number {
      return Real.now() + shift
    }
  } as DateConstructor
}

export const HOUR = 3_600_000

/** Status of a request to the site's API with the access token. */
export const askThings = (tab: Page): Promise<number> =>
  tab.evaluate(async () => (await client.fetch('/things')).status)
