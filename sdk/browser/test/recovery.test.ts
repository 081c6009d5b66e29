/** A refresh that does not come to its end: the answer is lost, the tab is closed, reloaded or frozen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { askThings, inChromium, signIn, statesOf, untilState, type Visit, visit } from './browser.ts'
import { eventually } from './eventually.ts'
import { failNext, REFRESH } from './faults.ts'
import { freeze, freezeAt, type Moment } from './freeze.ts'
import { assertOneLine } from './one-line.ts'
import type { Site } from './site.ts'
import { type StoredToken, store, storedToken } from './stored.ts'

const WINDOW_MS = 11_000 // the service's REFRESH_GRACE_SECONDS, and a little

inChromium('A refresh that is cut off', (stage) => {
  const losses = [
    ['the answer is lost', { kind: 'lose-answer' }],
    ['the answer never comes', { kind: 'withhold-answer' }],
    ['the request is lost', { kind: 'lose-request' }],
  ] as const
  for (const [why, fault] of losses) {
    test(`${why}: the same refresh token is shown again at once`, async (t) => {
      const { site, openTab } = await visit(t, stage())
      const tab = await openTab()
      await signIn(tab)
      failNext(site, REFRESH, fault)
      assert.ok(await tab.evaluate(() => client.refresh()))
      assert.deepEqual(statusesOf(site), [fault.kind === 'lose-request' ? 0 : 200, 200])
      assert.equal(new Set(site.refreshes().map(({ body }) => body)).size, 1)
      assert.deepEqual(await refreshAfterWindow(site, tab), 200)
      assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session', 'signed-in'])
    })
  }

  test('a tab is closed in the middle: another one finishes while the service still allows it', async (t) => {
    const visited = await visit(t, stage())
    const { site, service } = visited
    const { tabs, email } = await openTwo(visited)
    const [closing, staying] = tabs
    const before = site.refreshes().length
    await beginRefresh(site, closing)
    await closing.close()
    await eventually('the other tab refreshes', () => site.refreshes().length === before + 2, 8)
    assert.equal(await refreshAfterWindow(site, staying), 200)
    assert.deepEqual(statusesOf(site).slice(before), [200, 200, 200])
    assert.equal(assertOneLine(site, service, email), before + 3)
  })

  test('a page that is reloaded in the middle goes on with the same refresh token', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    await beginRefresh(site, tab)
    await tab.reload()
    await untilState(tab, 'signed-in')
    assert.deepEqual(statusesOf(site), [200, 200])
    assert.equal(await refreshAfterWindow(site, tab), 200)
  })

  test('an answer that comes when another tab has gone further overwrites nothing', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    await beginRefresh(site, tab, { kind: 'delay-answer', milliseconds: 2_000 })
    const gone = await goFurther(site, tab)
    assert.ok(await tab.evaluate(() => client.refresh()))
    assert.deepEqual(await storedToken(tab), gone)
  })

  test('a tab is frozen in the middle: others do not wait for it', async (t) => {
    const visited = await visit(t, stage())
    const { site, service, context } = visited
    const { tabs, email } = await openTwo(visited)
    const [frozen, other] = tabs
    const before = site.refreshes().length
    await beginRefresh(site, frozen, { kind: 'delay-answer', milliseconds: 2_000 })
    const thaw = await freeze(context, frozen)
    await other.evaluate(() => client.refresh())
    await other.evaluate(() => client.refresh())
    assert.equal(await isHeld(other), true)
    await thaw()
    assert.equal(await askThings(frozen), 200)
    assert.equal(await refreshAfterWindow(site, frozen), 200)
    assert.deepEqual(new Set(statusesOf(site)), new Set([200]))
    assert.ok(assertOneLine(site, service, email) >= before + 4)
  })

  const moments: [when: string, moment: Moment][] = [
    ['with its turn, before it reads the refresh token', 'turn'],
    ['with the refresh token, before it shows it', 'claim'],
  ]
  for (const [when, moment] of moments) {
    test(`a tab is frozen ${when}: when it goes on it shows the newest one`, async (t) => {
      const visited = await visit(t, stage())
      const { site, service } = visited
      const { tabs, email } = await openTwo(visited)
      const [frozen, other] = tabs
      const { isFrozen, thaw } = await freezeAt(site, frozen, moment)
      const refreshed = frozen.evaluate(() => client.refresh())
      await isFrozen
      await other.evaluate(() => client.refresh())
      await other.evaluate(() => client.refresh())
      await thaw()
      assert.ok(await refreshed)
      assert.deepEqual([await askThings(frozen), await askThings(other)], [200, 200])
      assert.deepEqual(new Set(statusesOf(site)), new Set([200]))
      assert.ok(assertOneLine(site, service, email) >= 3)
    })
  }
})

/** Two tabs that share a session and have nothing to do. @returns the e-mail address, too */
async function openTwo({ openTab }: Visit): Promise<{ tabs: [Page, Page]; email: string }> {
  const tabs: [Page, Page] = [await openTab(), await openTab()]
  const email = await signIn(tabs[0])
  await untilState(tabs[1], 'signed-in')
  // On a busy machine the second tab may be too late for the token of the first, and ask for one.
  await tabs[1].waitForFunction(async () => {
    const { held, pending } = await navigator.locks.query()
    return held.length + pending.length === 0
  })
  return { tabs, email }
}

/** Begins a refresh whose answer does not come, or comes late. Resolves when the service has answered. */
async function beginRefresh(
  site: Site,
  tab: Page,
  fault = { kind: 'withhold-answer' } as Parameters<typeof failNext>[2],
) {
  const before = site.refreshes().length
  failNext(site, REFRESH, fault)
  await tab.evaluate(() => void client.refresh().catch(() => {}))
  await eventually('the service has rotated the session', () => statusesOf(site)[before] === 200)
}

/** A refresh that would end the session if the one before had left an old refresh token behind. */
async function refreshAfterWindow(site: Site, tab: Page): Promise<number | undefined> {
  const last = site.refreshes().at(-1)
  await wait(Math.max(0, (last?.at ?? 0) + WINDOW_MS - performance.now()))
  await tab.evaluate(() => client.refresh())
  return statusesOf(site).at(-1)
}

const statusesOf = (site: Site) => site.refreshes().map(({ status }) => status)

/** Rotates the session twice, as another tab would that does not wait. @returns what is stored then */
async function goFurther(site: Site, tab: Page): Promise<StoredToken> {
  let token = await storedToken(tab)
  assert.ok(token)
  for (const _ of ['repeated', 'rotated']) {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ refresh: token.refresh })
    const answer = await fetch(site.origin + REFRESH, { method: 'POST', headers, body })
    const { refresh } = (await answer.json()) as { refresh: string }
    token = { ...token, generation: token.generation + 1, refresh }
    await store(tab, [[`token/${token.sessionId}/${token.generation}`, refresh]])
  }
  return token
}

/** Whether some tab holds the lock. */
const isHeld = (tab: Page) => tab.evaluate(async () => (await navigator.locks.query()).held.length === 1)
