/** The two stores keep the same promises: in IndexedDB between tabs of different processes, in memory for one tab. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Change, EntryStore } from '../src/entries.ts'
import { inChromium, visit } from './browser.ts'

type Made = { before: [string, unknown][]; after: [string, unknown][] }

const put = (key: string, value: unknown): Change => ({ kind: 'put', key, value })
const add = (key: string, value: unknown): Change => ({ kind: 'add', key, value })

inChromium('Entries', (stage) => {
  for (const kind of ['local', 'memory'] as const) {
    test(`${kind}: a step tells what was there before it and what is after it`, async (t) => {
      const tab = await (await visit(t, stage())).openTab()
      await open(tab, kind)
      assert.deepEqual(await change(tab, [put('a', 1), add('b', { c: 2 })]), {
        before: [],
        after: pairs({ a: 1, b: { c: 2 } }),
      })
      assert.deepEqual((await change(tab, [put('a', 3), { kind: 'delete', key: 'b' }])).after, pairs({ a: 3 }))
      assert.deepEqual(await change(tab, []), { before: pairs({ a: 3 }), after: pairs({ a: 3 }) })
      assert.deepEqual((await change(tab, [{ kind: 'clear' }, put('d', 4)])).after, pairs({ d: 4 }))
    })

    test(`${kind}: a step that adds what is there already does nothing, and is no failure`, async (t) => {
      const tab = await (await visit(t, stage())).openTab()
      await open(tab, kind)
      await change(tab, [put('a', 1)])
      const made = await change(tab, [put('b', 2), add('a', 3), { kind: 'delete', key: 'a' }])
      assert.deepEqual(made.after, pairs({ a: 1 }))
    })
  }

  test('of tabs that add at once one is first, and all read who', async (t) => {
    const { openTab } = await visit(t, stage())
    const tabs = await Promise.all(['0', '1', '2', '3'].map(() => openTab()))
    await Promise.all(tabs.map((tab) => open(tab, 'local')))
    for (let round = 0; round < 20; round++) {
      const made = await Promise.all(tabs.map((tab, index) => change(tab, [add(`round ${round}`, index)])))
      assert.equal(new Set(made.map(({ after }) => new Map(after).get(`round ${round}`))).size, 1)
    }
  })

  test('a database that the person deletes is a new one for the next step', async (t) => {
    const tab = await (await visit(t, stage())).openTab()
    await open(tab, 'local')
    await change(tab, [put('a', 1)])
    await tab.evaluate(deleteDatabase)
    assert.deepEqual((await change(tab, [put('b', 2)])).after, pairs({ b: 2 }))
  })
})

const pairs = (entries: Record<string, unknown>) => Object.entries(entries)

/** Opens a store in the page, beside that of the client. */
async function open(tab: Page, kind: EntryStore['kind']): Promise<void> {
  await tab.evaluate(async (kind) => {
    const [file, maker] =
      kind === 'local' ? ['indexed-entries', 'createIndexedEntries'] : ['entries', 'createMemoryEntries']
    const made = await import(`/sdk/browser/src/${file}.js`)
    Object.assign(globalThis, { entries: made[maker]('entries of a test') })
  }, kind)
}

function change(tab: Page, changes: Change[]): Promise<Made> {
  return tab.evaluate(async (changes) => {
    const { entries } = globalThis as unknown as { entries: EntryStore }
    const { before, after } = await entries.change(changes)
    return { before: [...before], after: [...after] }
  }, changes)
}

/** Runs in the page. */
function deleteDatabase(): Promise<void> {
  type Request = { onsuccess: () => void; onerror: () => void }
  const { indexedDB } = globalThis as unknown as { indexedDB: { deleteDatabase(name: string): Request } }
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('entries of a test')
    request.onsuccess = resolve as () => void
    request.onerror = reject
  })
}
