/** Chromium for test files of the server: one browser a file, a context a test. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'

export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const options = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const TIMEOUT_MS = 280_000 // for all tests of a file together; what runs the files ends one after 300 s

/**
 * Tests in a real browser. Without one they are named as not run, and with CI=true that is a failure.
 *
 * @param more further options of Chromium
 */
export function inChromium(name: string, tests: (browser: () => Browser) => void, more: readonly string[] = []): void {
  if (existsSync(executablePath)) describe(`${name}, in Chromium`, { timeout: TIMEOUT_MS }, inOneBrowser)
  else nameMissing(name)

  function inOneBrowser(): void {
    let browser: Browser | undefined
    before(async () => {
      browser = await chromium.launch({ executablePath, args: [...options, ...more] })
    })
    after(() => browser?.close())
    tests(() => {
      assert.ok(browser)
      return browser
    })
  }
}

function nameMissing(name: string): void {
  const sentence = `${name}: Chromium is not installed here (npm run services)`
  if (process.env.CI === 'true') test(sentence, () => assert.fail(sentence))
  else console.log(`Not run: ${sentence}`)
}

/** A site on this machine with one empty page. @returns its origin */
export async function servePage(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end('<!doctype html><title>Page</title>')
  })
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** A tab of a browser that nobody used before. */
export async function openTab(t: TestContext, browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext()
  t.after(() => context.close())
  const tab = await context.newPage()
  await tab.goto(address)
  return tab
}

export type VirtualAuthenticator = {
  inspector: CDPSession
  /** The authenticator, for the WebAuthn domain of the inspector. */
  authenticatorId: string
}

/** Gives a tab an authenticator that is touched and verifies its user as soon as it is asked to. */
export async function addAuthenticator(tab: Page, changes: object = {}): Promise<VirtualAuthenticator> {
  const inspector = await tab.context().newCDPSession(tab)
  await inspector.send('WebAuthn.enable')
  const { authenticatorId } = await inspector.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...changes,
    },
  })
  return { inspector, authenticatorId }
}
