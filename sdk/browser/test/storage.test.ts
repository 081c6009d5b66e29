/** Where tokens are, and where they are not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askThings, inChromium, load, signIn, stateOf, statesOf, untilState, visit } from './browser.ts'
import { store, storedToken } from './stored.ts'

inChromium('Tokens', (stage) => {
  test('the access token is in no place that outlives the page or that other scripts can list', async (t) => {
    const { context, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    const token = await tab.evaluate(() => client.refresh())
    const [, payload = ''] = token?.split('.') ?? []
    const found = await tab.evaluate(listEverything)
    assert.ok(payload.length > 100)
    assert.deepEqual(
      Object.entries(found).filter(([, text]) => text.includes(payload)),
      [],
    )
    assert.deepEqual([found.localStorage, found.sessionStorage], ['{}', '{}'])
    const cookies = (await context.cookies()).map(({ name, httpOnly }) => ({ name, httpOnly }))
    assert.deepEqual(cookies, [{ name: 'device', httpOnly: true }], 'the mark of the device, which lets nobody in')
    const kept = JSON.stringify(await context.storageState({ indexedDB: true }))
    assert.ok(!kept.includes(payload))
    assert.ok(kept.includes((await storedToken(tab))?.refresh ?? 'nothing'), 'the refresh token would have been found')
  })

  test('in memory, the refresh token is in no storage either, and a reload signs this tab out alone', async (t) => {
    const { context, openTab } = await visit(t, stage())
    const [tab, other] = [await openTab({ storage: 'memory' }), await openTab({ storage: 'memory' })]
    await signIn(tab)
    await signIn(other)
    assert.notDeepEqual(await stateOf(tab), await stateOf(other))
    assert.ok(await tab.evaluate(() => client.refresh()))
    assert.equal(await tab.evaluate(() => localStorage.length + sessionStorage.length), 0)
    assert.deepEqual((await context.storageState({ indexedDB: true })).origins, [])
    await tab.reload()
    await untilState(tab, 'signed-out no-session')
    assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session'])
    assert.equal(await askThings(other), 200)
  })

  test('where the browser has no storage for the page the session lives in memory', async (t) => {
    const { site, context } = await visit(t, stage())
    const tab = await context.newPage()
    await load(tab, `${site.origin}/sandboxed`)
    await untilState(tab, 'signed-out no-session')
    assert.equal(await tab.evaluate(() => client.storage), 'memory')
    assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session'])
  })

  const strangers: [what: string, entries: [key: string, value: unknown][]][] = [
    ['something of another program', [['current', 'abc']]],
    [
      'a session of another version',
      [
        ['current', { v: 2, sessionId: 'a' }],
        ['token/a/1', 'a.b.c'],
      ],
    ],
    [
      'a token that is none',
      [
        ['current', { v: 1, sessionId: 'a' }],
        ['token/a/1', 'a.b.c'],
      ],
    ],
  ]
  for (const [what, entries] of strangers) {
    test(`${what} in the database is nobody's session`, async (t) => {
      const { site, openTab } = await visit(t, stage())
      const tab = await openTab()
      await store(tab, entries)
      await tab.reload()
      assert.equal(await tab.evaluate(() => client.getAccessToken()), undefined)
      assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session'])
      assert.equal(site.refreshes().length, 0)
    })
  }

  test('tabs that are opened later are handed the access token instead of asking the service', async (t) => {
    const { site, openTab } = await visit(t, stage())
    await signIn(await openTab())
    for (let count = 1; count <= 5; count++) await untilState(await openTab(), 'signed-in')
    // A machine that is very busy may be too slow for one of them.
    assert.ok(site.refreshes().length < 3, `${site.refreshes().length} of 5 asked`)
  })

  test('a second client on the same origin has a session of its own', async (t) => {
    const { openTab } = await visit(t, stage())
    const [tab, other] = [await openTab(), await openTab({ storageKey: 'second' })]
    await signIn(tab)
    await signIn(other)
    assert.notDeepEqual(await stateOf(tab), await stateOf(other))
    assert.deepEqual(await statesOf(tab), ['unknown starting', 'signed-out no-session', 'signed-in'])
  })
})

/** Runs in the page: everything that a script finds without knowing where to look. */
async function listEverything(): Promise<Record<string, string>> {
  type Found = {
    document: { cookie: string; documentElement: { outerHTML: string } }
    history: { state: unknown }
    caches: { keys(): Promise<string[]> }
    indexedDB: { databases(): Promise<object[]> }
    name: string
  }
  const page = globalThis as unknown as Found
  const globals = Object.entries(globalThis).filter(([, value]) => typeof value !== 'object' || value === client)
  return {
    localStorage: JSON.stringify(localStorage),
    sessionStorage: JSON.stringify(sessionStorage),
    cookies: page.document.cookie,
    html: page.document.documentElement.outerHTML,
    history: JSON.stringify(page.history.state ?? null),
    name: page.name,
    caches: JSON.stringify(await page.caches.keys()),
    databases: JSON.stringify(await page.indexedDB.databases()),
    states: JSON.stringify(states),
    client: JSON.stringify(client),
    globals: JSON.stringify(Object.fromEntries(globals)),
  }
}
