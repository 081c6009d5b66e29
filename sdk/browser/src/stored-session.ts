/** Where the refresh token lives: behind one key of the storage that all tabs share, or in this tab's memory. */
import { type KeyStorage, onStorage } from './page.ts'
import { readClaims } from './token-claims.ts'

export type StoredSession = {
  readonly sessionId: string
  readonly userId: number
  readonly refreshToken: string
  /** How often the session was rotated, plus one. Who holds an older one never overwrites a newer one. */
  readonly generation: number
}

export type SessionStore = {
  read(): StoredSession | undefined
  write(session: StoredSession): void
  remove(): void
  /** Calls when another tab changed it. @returns what ends that */
  onChange(listener: () => void): () => void
}

const VERSION = 1 // what another version of this package wrote is left alone

export function createLocalStore(storage: KeyStorage, key: string): SessionStore {
  let lastText: string | null = null
  let last: StoredSession | undefined
  return {
    read() {
      const text = storage.getItem(key)
      if (text !== lastText) last = text === null ? undefined : parseRecord(text)
      lastText = text
      return last
    },
    write: ({ refreshToken: refresh, generation }) =>
      storage.setItem(key, JSON.stringify({ v: VERSION, generation, refresh })),
    remove: () => storage.removeItem(key),
    onChange: (listener) => onStorage(key, listener),
  }
}

export function createMemoryStore(): SessionStore {
  let session: StoredSession | undefined
  return {
    read: () => session,
    write: (next) => {
      session = next
    },
    remove: () => {
      session = undefined
    },
    onChange: () => () => {},
  }
}

/** What is stored, from its text; undefined when it is not ours. */
export function parseRecord(text: string): StoredSession | undefined {
  const { v, generation, refresh } = parseObject(text)
  if (v !== VERSION || !Number.isSafeInteger(generation) || typeof refresh !== 'string') return undefined
  return toStoredSession(refresh, generation as number)
}

/** Undefined when it is no refresh token of the service. */
export function toStoredSession(refreshToken: string, generation: number): StoredSession | undefined {
  const claims = readClaims(refreshToken)
  return claims && { sessionId: claims.sid, userId: claims.user_id, refreshToken, generation }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
