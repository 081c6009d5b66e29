/** A service that does not answer, or in whose place something else does: nobody is signed out by that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { askThings, HOUR, inChromium, shiftClock, signIn, statesOf, untilState, visit } from './browser.ts'
import { eventually } from './eventually.ts'
import { awayFor, failAll, failNext, REFRESH } from './faults.ts'
import type { Fault } from './site.ts'
import { storedToken } from './stored.ts'

inChromium('The network', (stage) => {
  test('offline, people stay signed in while their token lives, and nobody knows after; online, they are', async (t) => {
    const { site, context, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    await context.setOffline(true)
    assert.equal(await failureOf(tab, 'refresh'), 'offline')
    assert.ok(await tab.evaluate(() => client.getAccessToken()))
    await tab.evaluate(shiftClock, HOUR)
    assert.equal(await failureOf(tab, 'getAccessToken'), 'offline')
    for (let failures = 3; failures <= 7; failures++) assert.equal(await failureOf(tab, 'getAccessToken'), 'offline')
    assert.equal(site.refreshes().length, 0)
    await context.setOffline(false) // the next try would come after half a minute
    await untilState(tab, 'signed-in')
    assert.equal(await askThings(tab), 200)
    assert.deepEqual(await statesOf(tab), [
      'unknown starting',
      'signed-out no-session',
      'signed-in',
      'unknown offline',
      'signed-in',
    ])
  })

  test('a page that is loaded while the service is away is signed in once it is back', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failAll(site, REFRESH, { kind: 'lose-request' })
    await tab.reload()
    await untilState(tab, 'unknown offline')
    site.fault = () => undefined
    await untilState(tab, 'signed-in')
    assert.deepEqual(await statesOf(tab), ['unknown starting', 'unknown offline', 'signed-in'])
  })

  test('Retry-After is respected, by every tab', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const [tab, other] = [await openTab(), await openTab()]
    await signIn(tab)
    await untilState(other, 'signed-in')
    failNext(site, REFRESH, awayFor(30))
    assert.equal(await failureOf(tab, 'refresh'), 'unavailable after 30 s')
    assert.match(await failureOf(tab, 'refresh'), /^unavailable after (29|30) s$/)
    assert.match(await failureOf(other, 'refresh'), /^unavailable after (29|30) s$/)
    assert.equal(site.refreshes().length, 1)
    assert.deepEqual([await askThings(tab), await askThings(other)], [200, 200])
  })

  test('a short Retry-After is waited for', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failNext(site, REFRESH, awayFor(2))
    assert.ok(await tab.evaluate(() => client.refresh()))
    const [first, second, ...more] = site.refreshes()
    assert.ok(first && second && second.at - first.at >= 2_000)
    assert.deepEqual(more, [])
  })

  test('a service that fails is asked less and less often', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failAll(site, REFRESH, { kind: 'answer', status: 502, body: 'Bad gateway' })
    await tab.evaluate(shiftClock, HOUR)
    assert.equal(await failureOf(tab, 'getAccessToken'), 'unavailable')
    const quick = site.refreshes().length
    assert.ok(quick >= 4 && quick <= 8, `${quick} tries in the first seconds`)
    await wait(4_000)
    const more = site.refreshes().length - quick
    assert.ok(more >= 1 && more <= 4, `${more} tries in the 4 s after that`)
  })

  const strangers: [who: string, answer: Omit<Extract<Fault, { kind: 'answer' }>, 'kind'>][] = [
    ['a captive portal that answers 200 with a page', { status: 200, body: '<h1>Welcome</h1>' }],
    ['a gateway that answers 401 by itself', { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: 'no' }],
    ['a gateway that answers 403', { status: 403, body: '{"detail":"no"}' }],
    ['a portal that redirects', { status: 302, headers: { location: 'http://localhost:1/' }, body: '' }],
    ['half a pair of tokens', { status: 200, body: '{"access":"a.b.c"}' }],
  ]
  for (const [who, answer] of strangers) {
    test(`${who} signs nobody out`, async (t) => {
      const { site, openTab } = await visit(t, stage())
      const tab = await openTab()
      await signIn(tab)
      failAll(site, REFRESH, { kind: 'answer', ...answer })
      assert.match(await failureOf(tab, 'refresh'), /^(unavailable|offline)$/)
      site.fault = () => undefined
      assert.ok(await tab.evaluate(() => client.refresh()))
      assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session', 'signed-in'])
    })
  }

  test('a 401 of the service for the refresh token signs all tabs out', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const [tab, other] = [await openTab(), await openTab()]
    await signIn(tab)
    await untilState(other, 'signed-in')
    await tab.evaluate(
      async (refresh) => {
        const headers = { 'content-type': 'application/json' }
        await fetch('/api/logout', { method: 'POST', headers, body: JSON.stringify({ refresh }) })
      },
      (await storedToken(tab))?.refresh,
    )
    assert.equal(await tab.evaluate(() => client.refresh()), undefined)
    await untilState(other, 'signed-out elsewhere')
    assert.deepEqual((await statesOf(tab)).slice(-1), ['signed-out refused'])
    assert.equal(await storedToken(other), undefined)
    await eventually('nothing more is asked', () => site.refreshes().length === 1)
  })
})

/** How a call of the client fails: code, and how long to wait. */
function failureOf(tab: Page, method: 'refresh' | 'getAccessToken'): Promise<string> {
  return tab.evaluate(async (method) => {
    try {
      return `no failure: ${await client[method]()}`
    } catch (error) {
      const { code, retryAfterSeconds } = error as { code: string; retryAfterSeconds?: number }
      return retryAfterSeconds === undefined ? code : `${code} after ${retryAfterSeconds} s`
    }
  }, method)
}
