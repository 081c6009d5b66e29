/** Clocks that are wrong, devices that sleep, pages that nobody looks at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { askThings, HOUR, inChromium, shiftClock, signIn, statesOf, visit } from './browser.ts'
import { eventually } from './eventually.ts'
import { freeze } from './freeze.ts'
import type { Site } from './site.ts'

const DAY = 24 * HOUR
const DUE_MS = 20_000 // of the 30 s that the service of the tests gives an access token
const SPENT_MS = 25_000

inChromium('Time', (stage) => {
  for (const [where, shift] of [
    ['a day ahead', DAY],
    ['a day behind', -DAY],
  ] as const) {
    test(`on a device whose clock is ${where} the token is refreshed when it is due, and not before`, async (t) => {
      const { site, context, openTab } = await visit(t, stage())
      await context.addInitScript(shiftClock, shift)
      const tab = await openTab()
      assert.ok(Math.abs((await tab.evaluate(() => Date.now())) - Date.now() - shift) < HOUR)
      const startedAt = performance.now()
      await signIn(tab)
      assert.equal(await askThings(tab), 200)
      await eventually('the token is refreshed', () => site.refreshes().length > 0, 40)
      assert.ok((site.refreshes()[0]?.at ?? 0) - startedAt >= DUE_MS)
      assert.equal(await askThings(tab), 200)
      assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session', 'signed-in'])
    })
  }

  test('a clock that is set back while the page is open makes no token younger', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    await tab.evaluate(shiftClock, -DAY)
    await eventually('the token is refreshed', () => site.refreshes().length > 0, 40)
    assert.equal(await askThings(tab), 200)
  })

  test('after sleep the token is refreshed first', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    await tab.evaluate(shiftClock, HOUR) // the steady clock stood still
    assert.equal(await askThings(tab), 200)
    assert.deepEqual(pathsOf(site), ['/api/register', '/api/login', '/api/token/refresh', '/things'])
  })

  test('a tab that was frozen for longer than its token lives refreshes first', async (t) => {
    const { site, context, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    const thaw = await freeze(context, tab)
    await wait(SPENT_MS + 2_000)
    assert.deepEqual(pathsOf(site), ['/api/register', '/api/login'])
    const asked = askThings(tab)
    await thaw()
    assert.equal(await asked, 200)
    assert.deepEqual(pathsOf(site).slice(2), ['/api/token/refresh', '/things'])
  })

  test('a page that nobody looks at refreshes when somebody does again, and not before', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await tab.evaluate(show, 'hidden')
    await signIn(tab)
    await wait(SPENT_MS)
    assert.equal(site.refreshes().length, 0)
    await tab.evaluate(show, 'visible')
    await eventually('the token is refreshed', () => site.refreshes().length === 1)
    assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session', 'signed-in'])
  })
})

/** Runs in the page: a browser without windows shows all its tabs. */
function show(visibility: string): void {
  const { document } = globalThis as unknown as { document: EventTarget }
  Object.defineProperty(document, 'visibilityState', { value: visibility, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

const pathsOf = (site: Site) => site.exchanges.map(({ path }) => path)
