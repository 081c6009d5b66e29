/**
 * What the client uses of the page that it runs in. All of it may be missing: Web Locks on an insecure page, storage where
 * the person blocks it, the page itself in a worker or on a server.
 */

export type Locks = {
  request<T>(name: string, options: { signal: AbortSignal }, work: () => Promise<T>): Promise<T>
}

export type Channel = {
  onmessage: ((event: { data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
}

export type Databases = {
  open(name: string, version: number): Request<Database> & { onupgradeneeded: (() => void) | null }
}

export type Request<T> = {
  readonly result: T
  readonly error: Error | null
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}

export type Database = {
  onclose: (() => void) | null
  onversionchange: (() => void) | null
  createObjectStore(name: string): unknown
  transaction(store: string, mode: 'readonly' | 'readwrite', options: { durability: 'strict' }): Transaction
  close(): void
}

type Transaction = {
  readonly error: Error | null
  oncomplete: (() => void) | null
  onabort: (() => void) | null
  objectStore(name: string): ObjectStore
  commit(): void
}

export type ObjectStore = {
  getAllKeys(): Request<string[]>
  getAll(): Request<unknown[]>
  put(value: unknown, key: string): Request<unknown>
  add(value: unknown, key: string): Request<unknown>
  delete(key: string): Request<unknown>
  clear(): Request<unknown>
}

type Target = {
  addEventListener(type: string, listener: (event: unknown) => void): void
  removeEventListener(type: string, listener: (event: unknown) => void): void
}

type Page = Partial<Target> & {
  readonly document?: Target & { readonly baseURI: string; readonly visibilityState: string }
  readonly location?: { readonly href: string; readonly origin: string }
  readonly indexedDB?: Databases
  readonly navigator?: { readonly onLine?: boolean; readonly locks?: Locks }
  readonly BroadcastChannel?: new (name: string) => Channel
}

const page = globalThis as unknown as Page

/** Whether there is a page at all, with a person before it. */
export const hasPage = (): boolean => page.document !== undefined

/** What relative addresses count from, as `fetch` has it. */
export const baseAddress = (): string | undefined => page.document?.baseURI ?? page.location?.href

export const ownOrigin = (): string | undefined => page.location?.origin

/** False only where the browser knows it. */
export const isOnline = (): boolean => page.navigator?.onLine !== false

export const isVisible = (): boolean => page.document?.visibilityState === 'visible'

export const findLocks = (): Locks | undefined => page.navigator?.locks

export function openChannel(name: string): Channel | undefined {
  return page.BroadcastChannel && new page.BroadcastChannel(name)
}

/** The databases that all tabs of this origin share; undefined where the person blocks them: some browsers throw then. */
export function findDatabases(): Databases | undefined {
  if (!page.document) return undefined
  try {
    return page.indexedDB ?? undefined
  } catch {
    return undefined
  }
}

/** The page comes back: shown again, thawed, out of the back-forward cache. */
export function onReturn(listener: () => void): () => void {
  const ifVisible = () => isVisible() && listener()
  return allOf([
    listen(page, 'pageshow', listener),
    listen(page.document, 'resume', listener),
    listen(page.document, 'visibilitychange', ifVisible),
  ])
}

export const onOnline = (listener: () => void): (() => void) => listen(page, 'online', listener)

function listen(target: Partial<Target> | undefined, type: string, listener: (event: unknown) => void): () => void {
  target?.addEventListener?.(type, listener)
  return () => target?.removeEventListener?.(type, listener)
}

function allOf(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop()
  }
}
