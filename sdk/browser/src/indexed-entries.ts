/**
 * Entries in IndexedDB, where all tabs read what was written last. `localStorage` does not promise that: each process of the
 * browser has a copy of its own, which may be several writes behind even in a tab that was just given a Web Lock.
 */
import { type Change, createMemoryEntries, type Entries, type EntryStore } from './entries.ts'
import { type Database, type Databases, findDatabases, type ObjectStore, type Request } from './page.ts'

const STORE = 'entries'
const VERSION = 1

/** Entries of the database of that name; in memory where the browser keeps nothing for this page. */
export function createIndexedEntries(name: string): EntryStore {
  const memory = createMemoryEntries()
  const databases = findDatabases()
  let opened = databases && openDatabase(databases, name, forget)
  let isKept = opened !== undefined

  function forget(): void {
    opened = undefined
  }

  /** Undefined: the browser has told us that it keeps nothing. What fails after it was open once is a failure. */
  async function connect(): Promise<Database | undefined> {
    if (!isKept || !databases) return undefined
    const isFirst = opened !== undefined
    opened ??= openDatabase(databases, name, forget)
    try {
      return await opened
    } catch (error) {
      if (!isFirst) throw error
      isKept = false // a private window of an older browser
      return undefined
    }
  }

  return {
    get kind() {
      return isKept ? 'local' : 'memory'
    },
    async change(changes) {
      const database = await connect()
      return database ? changeIn(database, changes) : memory.change(changes)
    },
    close() {
      if (isKept) opened?.then((database) => database.close(), forget)
    },
  }
}

/** Undefined where the page may not even ask. @param onEnd the connection was closed: by the browser, or for another version */
function openDatabase(databases: Databases, name: string, onEnd: () => void): Promise<Database> | undefined {
  let request: ReturnType<Databases['open']>
  try {
    request = databases.open(name, VERSION)
  } catch {
    return undefined // a page of no origin
  }
  return new Promise((resolve, reject) => {
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const database = request.result
      database.onclose = onEnd
      database.onversionchange = () => {
        database.close()
        onEnd()
      }
      resolve(database)
    }
  })
}

function changeIn(database: Database, changes: readonly Change[]): Promise<{ before: Entries; after: Entries }> {
  return new Promise((resolve, reject) => {
    // Strict: on the disk before anybody relies on it. A refresh token that a power cut takes away signs people out.
    const transaction = database.transaction(STORE, changes.length > 0 ? 'readwrite' : 'readonly', {
      durability: 'strict',
    })
    const store = transaction.objectStore(STORE)
    const before = readAll(store)
    const requests = changes.map((change) => make(store, change))
    const after = changes.length > 0 ? readAll(store) : before
    transaction.oncomplete = () => resolve({ before: before(), after: after() })
    transaction.onabort = () => {
      // Another tab added first: that undoes the whole step. Chromium names the request's error, and not the transaction's.
      const isConflict = requests.some((request) => request.error?.name === 'ConstraintError')
      if (isConflict) resolve(changeIn(database, []))
      else reject(transaction.error)
    }
    transaction.commit() // all of it was asked for: the database does not wait for this tab any more
  })
}

function readAll(store: ObjectStore): () => Entries {
  const keys = store.getAllKeys()
  const values = store.getAll()
  return () => new Map(keys.result.map((key, index) => [key, values.result[index]]))
}

function make(store: ObjectStore, change: Change): Request<unknown> {
  if (change.kind === 'clear') return store.clear()
  if (change.kind === 'delete') return store.delete(change.key)
  if (change.kind === 'put') return store.put(change.value, change.key)
  return store.add(change.value, change.key)
}
