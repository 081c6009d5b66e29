/** Ten tabs and one session: whoever refreshes, nobody is signed out and the session never forks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askThings, inChromium, isCi, signIn, statesOf, visit } from './browser.ts'
import type { Fault } from './site.ts'

const SECONDS = isCi ? 60 : 15
const LENGTH = isCi ? 'a minute' : '15 s (a minute with CI=true)'
const TABS = 10
const EVERY_MS = 300

type Counts = { refreshed: number; asked: number; statuses: number[]; failures: string[] }

inChromium('Tabs', (stage) => {
  test(`${TABS} tabs refresh for ${LENGTH}, with answers lost: all stay signed in`, async (t) => {
    const { site, service, openTab } = await visit(t, stage())
    const first = await openTab()
    const email = await signIn(first)
    const others = await Promise.all(Array.from({ length: TABS - 1 }, () => openTab()))
    const tabs = [first, ...others]
    site.fault = loseSome

    const counts = await Promise.all(tabs.map((tab) => tab.evaluate(refreshOften, [SECONDS, EVERY_MS] as const)))
    site.fault = () => undefined

    const refreshes = site.refreshes()
    const told = {
      tabs: TABS,
      seconds: SECONDS,
      wanted: sum(counts.map(({ refreshed }) => refreshed)),
      refreshesAtService: refreshes.filter(({ status }) => status !== 0).length,
      lostAnswers: refreshes.filter(({ fault }) => fault?.kind === 'lose-answer').length,
      lostRequests: refreshes.filter(({ fault }) => fault?.kind === 'lose-request').length,
      delayedAnswers: refreshes.filter(({ fault }) => fault?.kind === 'delay-answer').length,
      apiRequests: sum(counts.map(({ asked }) => asked)),
    }
    t.diagnostic(JSON.stringify(told))

    assert.deepEqual(
      counts.flatMap(({ failures }) => failures),
      [],
    )
    assert.deepEqual(new Set(counts.flatMap(({ statuses }) => statuses)), new Set([200]))
    assert.deepEqual(new Set(refreshes.map(({ status }) => status).filter(Boolean)), new Set([200]))
    assert.ok(told.lostAnswers > 0 && told.refreshesAtService > SECONDS, 'too little happened')
    assert.ok(told.refreshesAtService < told.wanted, 'tabs share what one of them got')
    const states = await Promise.all(tabs.map(statesOf))
    assert.deepEqual(
      states.flat().filter((state) => state.startsWith('signed-out')),
      ['signed-out no-session'],
    )
    assert.deepEqual(
      await Promise.all(tabs.map(askThings)),
      tabs.map(() => 200),
    )
    assert.deepEqual(
      service.sessionsOf(email).map(({ ended_at }) => ended_at),
      [null],
    )
  })
})

/** One answer in ten is lost, one request in fifty, and one answer in ten comes late. */
function loseSome(path: string): Fault | undefined {
  if (path !== '/api/token/refresh') return undefined
  const dice = Math.random()
  if (dice < 0.1) return { kind: 'lose-answer' }
  if (dice < 0.12) return { kind: 'lose-request' }
  if (dice < 0.22) return { kind: 'delay-answer', milliseconds: Math.random() * 500 }
  return undefined
}

/** Runs in the page. */
async function refreshOften([seconds, everyMs]: readonly [number, number]): Promise<Counts> {
  const counts: Counts = { refreshed: 0, asked: 0, statuses: [], failures: [] }
  const endsAt = performance.now() + seconds * 1000
  while (performance.now() < endsAt) {
    try {
      await client.refresh()
      counts.refreshed += 1
      counts.statuses.push((await client.fetch('/things')).status)
      counts.asked += 1
    } catch (error) {
      counts.failures.push(String(error))
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs * (0.5 + Math.random())))
  }
  return counts
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
