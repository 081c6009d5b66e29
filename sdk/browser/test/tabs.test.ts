/** Ten tabs and one session: whoever refreshes, nobody is signed out and the session never forks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askThings, HOUR, inChromium, shiftClock, signIn, statesOf, untilState, visit } from './browser.ts'
import { assertOneAtATime } from './one-at-a-time.ts'
import { assertOneLine } from './one-line.ts'
import type { Fault } from './site.ts'

const SECONDS = 60
const TABS = 10
const EVERY_MS = 300

type Counts = { refreshed: number; asked: number; statuses: number[]; failures: string[] }

inChromium('Tabs', (stage) => {
  test(`${TABS} tabs refresh together for a minute, with answers lost: all stay signed in, and the session never forks`, async (t) => {
    const { site, service, openTab } = await visit(t, stage())
    const first = await openTab()
    const email = await signIn(first)
    const others = await Promise.all(Array.from({ length: TABS - 1 }, () => openTab()))
    const tabs = [first, ...others]
    site.fault = loseSome()

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
    assertOneAtATime(site)
    const rotations = assertOneLine(site, service, email) - 1
    t.diagnostic(`one session, rotated ${rotations} times`)
    assert.ok(rotations > SECONDS, 'too few rotations')
  })

  test(`${TABS} tabs wake from sleep at once: one of them refreshes, and all have a new token`, async (t) => {
    const { site, service, openTab } = await visit(t, stage())
    const first = await openTab()
    const email = await signIn(first)
    const tabs = [first, ...(await Promise.all(Array.from({ length: TABS - 1 }, () => openTab())))]
    await Promise.all(tabs.map((tab) => untilState(tab, 'signed-in')))
    const before = site.refreshes().length
    await Promise.all(tabs.map((tab) => tab.evaluate(shiftClock, HOUR)))
    const statuses = await Promise.all(tabs.map(askThings))
    assert.deepEqual(new Set(statuses), new Set([200]))
    const refreshes = site.refreshes().length - before
    t.diagnostic(`${refreshes} refreshes`)
    // On a busy machine a tab may be too late for the token of another.
    assert.ok(refreshes >= 1 && refreshes <= TABS / 2, `${refreshes} refreshes`)
    assertOneAtATime(site)
    assertOneLine(site, service, email)
  })
})

/** Of fifty refreshes five lose their answer, five get it late, and one does not arrive. */
function loseSome(): (path: string) => Fault | undefined {
  let count = 0
  return (path) => {
    if (path !== '/api/token/refresh') return undefined
    count += 1
    if (count % 50 === 25) return { kind: 'lose-request' }
    if (count % 10 === 3) return { kind: 'lose-answer' }
    if (count % 10 === 7) return { kind: 'delay-answer', milliseconds: Math.random() * 500 }
    return undefined
  }
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
