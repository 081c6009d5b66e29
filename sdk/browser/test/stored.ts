/** What the browser keeps, past the package: as the person's own tools show it, or an older tab might have left it. */
import type { Page } from 'playwright-core'

type Entry = [key: string, value: unknown]

type Request<T> = { result: T; onsuccess: () => void; onerror: () => void; error: unknown }
type Store = {
  getAllKeys(): Request<string[]>
  getAll(): Request<unknown[]>
  put(value: unknown, key: string): unknown
}
type Transaction = { objectStore(name: string): Store; oncomplete: () => void }
type Database = { transaction(store: string, mode: string): Transaction; close(): void }

/** Everything that is stored, by key. */
export const storedIn = (tab: Page): Promise<Entry[]> => tab.evaluate(exchange, [])

/** Puts these into what is stored. */
export async function store(tab: Page, entries: Entry[]): Promise<void> {
  await tab.evaluate(exchange, entries)
}

export type StoredToken = { readonly sessionId: string; readonly generation: number; readonly refresh: string }

/** The refresh token that is stored, if there is one and no other. */
export async function storedToken(tab: Page): Promise<StoredToken | undefined> {
  const [token, ...more] = (await storedIn(tab)).filter(([key]) => key.startsWith('token/'))
  if (!token || more.length > 0) return undefined
  const [, sessionId = '', generation] = token[0].split('/')
  return { sessionId, generation: Number(generation), refresh: String(token[1]) }
}

/** Runs in the page. @returns what is stored once the entries are in it */
function exchange(entries: Entry[]): Promise<Entry[]> {
  const { indexedDB } = globalThis as unknown as { indexedDB: { open(name: string): Request<Database> } }
  const opening = indexedDB.open('samurai-auth')
  return new Promise((resolve, reject) => {
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const transaction = database.transaction('entries', 'readwrite')
      const kept = transaction.objectStore('entries')
      for (const [key, value] of entries) kept.put(value, key)
      const [keys, values] = [kept.getAllKeys(), kept.getAll()]
      transaction.oncomplete = () => {
        database.close()
        resolve(keys.result.map((key, index) => [key, values.result[index]]))
      }
    }
  })
}
