/** Pages without Web Locks: browsers have them on https and localhost only. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inChromium, load, signIn, statesOf, visit } from './browser.ts'
import { REFRESH } from './faults.ts'
import { assertOneLine } from './one-line.ts'

const HOST = 'auth.test'
const SECONDS = 8

inChromium(
  'An insecure page',
  (stage) => {
    test(`5 tabs refresh for ${SECONDS} s with answers lost: all stay signed in, and the session never forks`, async (t) => {
      const { site, service, context } = await visit(t, stage())
      const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()))
      for (const tab of tabs) await load(tab, `${site.origin.replace('localhost', HOST)}/`)
      const [first] = tabs
      assert.ok(first)
      assert.deepEqual(await first.evaluate(() => [typeof navigator.locks, client.storage]), ['undefined', 'local'])
      const email = await signIn(first)
      site.fault = (path) => (path === REFRESH && Math.random() < 0.1 ? { kind: 'lose-answer' } : undefined)

      const refreshed = await Promise.all(tabs.map((tab) => tab.evaluate(refreshOften, SECONDS)))
      const refreshes = site.refreshes()
      t.diagnostic(JSON.stringify({ wanted: refreshed, refreshesAtService: refreshes.length }))

      assert.deepEqual(new Set(refreshes.map(({ status }) => status)), new Set([200]))
      assert.ok(refreshes.length > SECONDS && refreshed.every((count) => count > 0))
      const states = (await Promise.all(tabs.map(statesOf))).flat()
      assert.deepEqual(
        new Set(states.filter((state) => state.startsWith('signed-out'))),
        new Set(['signed-out no-session']),
      )
      assert.ok(assertOneLine(site, service, email) > SECONDS)
      assert.deepEqual(await first.evaluate(() => Object.keys(localStorage)), [])
    })
  },
  [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
)

/** Runs in the page. @returns how often */
async function refreshOften(seconds: number): Promise<number> {
  const endsAt = performance.now() + seconds * 1000
  let count = 0
  while (performance.now() < endsAt) {
    await client.refresh()
    count += 1
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 200))
  }
  return count
}
