/** Messages between the tabs of one origin: who refreshes, the access tokens that come of it, the end of a session. */
import { type AccessToken, toAccessToken } from './access-token.ts'
import { before, elapsed, readClocks } from './device-time.ts'
import { openChannel } from './page.ts'
import { readClaims } from './token-claims.ts'

export type TabMessage =
  /** Has anybody an access token? */
  | { readonly kind: 'ask' }
  | { readonly kind: 'token'; readonly token: HandedToken }
  /** I am refreshing, said every second: when you hear nothing more, take over. */
  | { readonly kind: 'refreshing'; readonly sessionId: string; readonly generation: number; readonly mark: string }
  | { readonly kind: 'refresh-failed'; readonly code: 'offline' | 'unavailable'; readonly retryAfterMs: number }
  | { readonly kind: 'ended'; readonly sessionId: string }

export type HandedToken = {
  readonly access: string
  readonly generation: number
  /** How old it was when it was sent, milliseconds. */
  readonly ageMs: number
  /** When it was sent, by the clock that the tabs of a device share: a frozen tab reads its messages late. */
  readonly sentAt: number
}

export type Tabs = {
  post(message: TabMessage): void
  /** Calls with what the others post. */
  listen(listener: (message: TabMessage) => void): void
  close(): void
}

const VERSION = 1 // tabs may run two versions of this package while it is being updated

/** Joins the tabs that use the same name; a lone tab where the browser has no channels. */
export function joinTabs(name: string): Tabs {
  let channel = openChannel(name)
  return {
    post: (message) => channel?.postMessage({ v: VERSION, message }),
    listen(listener) {
      if (!channel) return
      channel.onmessage = ({ data }) => {
        const { v, message } = Object(data) as { v?: unknown; message?: TabMessage }
        if (v === VERSION && message) listener(message)
      }
    },
    close() {
      channel?.close()
      channel = undefined
    },
  }
}

/** Nobody else: each tab has a session of its own. */
export const noTabs: Tabs = { post: () => {}, listen: () => {}, close: () => {} }

export function handOver(access: AccessToken): TabMessage {
  const now = readClocks()
  const ageMs = elapsed(access.since, now)
  return { kind: 'token', token: { access: access.token, generation: access.generation, ageMs, sentAt: now.wall } }
}

/** The access token that another tab handed over; undefined when it is none. */
export function takeOver({ access, generation, ageMs, sentAt }: HandedToken): AccessToken | undefined {
  const claims = readClaims(access)
  if (!claims) return undefined
  const now = readClocks()
  const since = before(now, ageMs + Math.max(0, now.wall - sentAt))
  return toAccessToken({ access, claims }, generation, since)
}
