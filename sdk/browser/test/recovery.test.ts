/** A refresh that does not come to its end: the answer is lost, the tab is closed, reloaded or frozen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { askThings, freeze, inChromium, signIn, statesOf, untilState, visit } from './browser.ts'
import { eventually } from './eventually.ts'
import { failNext, REFRESH } from './faults.ts'
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
    const { site, service, openTab } = await visit(t, stage())
    const [closing, staying] = [await openTab(), await openTab()]
    const email = await signIn(closing)
    await beginRefresh(site, closing)
    await closing.close()
    await eventually('the other tab refreshes', () => statusesOf(site).length === 2, 6)
    assert.equal(await refreshAfterWindow(site, staying), 200)
    assert.deepEqual(statusesOf(site), [200, 200, 200])
    assert.equal(service.sessionsOf(email)[0]?.ended_at, null)
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
    const { site, service, context, openTab } = await visit(t, stage())
    const [frozen, other] = [await openTab(), await openTab()]
    const email = await signIn(frozen)
    await beginRefresh(site, frozen, { kind: 'delay-answer', milliseconds: 2_000 })
    const thaw = await freeze(context, frozen)
    await other.evaluate(() => client.refresh())
    await other.evaluate(() => client.refresh())
    assert.equal(await isHeld(other), true)
    await thaw()
    assert.equal(await askThings(frozen), 200)
    assert.equal(await refreshAfterWindow(site, frozen), 200)
    assert.deepEqual(new Set(statusesOf(site)), new Set([200]))
    assert.equal(service.sessionsOf(email)[0]?.ended_at, null)
  })
})

/** Begins a refresh whose answer does not come, or comes late. Resolves when the service has answered. */
async function beginRefresh(
  site: Site,
  tab: Page,
  fault = { kind: 'withhold-answer' } as Parameters<typeof failNext>[2],
) {
  failNext(site, REFRESH, fault)
  await tab.evaluate(() => void client.refresh().catch(() => {}))
  await eventually('the service has rotated the session', () => statusesOf(site).includes(200))
}

/** A refresh that would end the session if the one before had left an old refresh token behind. */
async function refreshAfterWindow(site: Site, tab: Page): Promise<number | undefined> {
  const [first] = site.refreshes()
  await wait(Math.max(0, (first?.at ?? 0) + WINDOW_MS - performance.now()))
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
