/**
 * The session that is stored, and who may show its refresh token. Everything that is written is a fact about one generation
 * of one session, which a tab may write late or twice: it never undoes what another tab has written since.
 */
import type { Change, Entries, EntryStore } from './entries.ts'
import {
  claimKey,
  currentKey,
  currentValue,
  findSession,
  readClaim,
  type StoredSession,
  staleKeys,
  tokenKey,
} from './session-entries.ts'

export type Claim =
  /** There is no session. */
  | { readonly kind: 'none' }
  /** The refresh token of this session may be shown now. */
  | { readonly kind: 'claimed'; readonly session: StoredSession; readonly round: number }
  /** Another tab has said that it shows it. */
  | { readonly kind: 'busy'; readonly session: StoredSession; readonly by: string }

export type SessionStore = {
  readonly kind: EntryStore['kind']
  read(): Promise<StoredSession | undefined>
  /** Stores a session that was just opened. @returns the one before */
  open(session: StoredSession): Promise<StoredSession | undefined>
  /**
   * Says that the tab with this mark is going to show the refresh token. One tab at a time may.
   *
   * @param isGone whether the tab that has said so before, by its mark, will not come to an end with it
   */
  claim(mark: string, isGone: (mark: string) => boolean): Promise<Claim>
  /** Takes a claim back: the token may not have arrived at all. */
  release(claim: Extract<Claim, { kind: 'claimed' }>): Promise<void>
  /** Stores the next generation. @returns whether the session is still the one that is stored */
  advance(next: StoredSession): Promise<boolean>
  /** Removes a refresh token that the service has refused. @returns the session that is stored all the same: a newer one */
  refuse(refused: StoredSession): Promise<StoredSession | undefined>
  /** Removes everything. @returns the session that was stored */
  clear(): Promise<StoredSession | undefined>
  close(): void
}

const RELEASED = ''

export function createSessionStore(entries: EntryStore): SessionStore {
  async function claim(mark: string, isGone: (mark: string) => boolean): Promise<Claim> {
    for (;;) {
      const { after: found } = await entries.change([])
      const session = findSession(found)
      if (!session) return { kind: 'none' }
      const last = readClaim(found, session)
      const isTaken = last && last.mark !== RELEASED && !isGone(last.mark)
      if (isTaken) return { kind: 'busy', session, by: last.mark }
      const round = (last?.round ?? 0) + 1
      const { after } = await entries.change([
        { kind: 'add', key: claimKey(session, round), value: mark },
        { kind: 'delete', key: claimKey(session, round - 1) },
      ])
      if (isOurs(after, session, mark)) return { kind: 'claimed', session, round }
    }
  }

  async function advance(next: StoredSession): Promise<boolean> {
    const { after } = await entries.change([{ kind: 'put', key: tokenKey(next), value: next.refreshToken }])
    const stale = staleKeys(after).map((key): Change => ({ kind: 'delete', key }))
    if (stale.length > 0) await entries.change(stale)
    return findSession(after)?.sessionId === next.sessionId
  }

  return {
    get kind() {
      return entries.kind
    },
    claim,
    advance,
    read: async () => findSession((await entries.change([])).after),
    async open(session) {
      const token: Change = { kind: 'put', key: tokenKey(session), value: session.refreshToken }
      const current: Change = { kind: 'put', key: currentKey, value: currentValue(session) }
      return findSession((await entries.change([{ kind: 'clear' }, token, current])).before)
    },
    async release({ session, round }) {
      await entries.change([{ kind: 'put', key: claimKey(session, round), value: RELEASED }])
    },
    refuse: async (refused) => findSession((await entries.change([{ kind: 'delete', key: tokenKey(refused) }])).after),
    clear: async () => findSession((await entries.change([{ kind: 'clear' }])).before),
    close: entries.close,
  }
}

/** Whether nobody has gone further, and nobody was first. */
function isOurs(after: Entries, claimed: StoredSession, mark: string): boolean {
  const now = findSession(after)
  return (
    now?.sessionId === claimed.sessionId &&
    now.generation === claimed.generation &&
    readClaim(after, claimed)?.mark === mark
  )
}
