/** Follows the revocation feed in the background, as a stream or by asking again and again, and never gives up. */
import { REVOCATION_HEARTBEAT_SECONDS } from '../../../contract/revocations.ts'
import { readEvents } from './event-stream.ts'
import { type Fetch, type Question, readText, UnexpectedStatus, withAnswer } from './http.ts'
import type { Keys } from './keys.ts'
import { backOffMs, pause } from './pause.ts'
import type { Revocations } from './revocations.ts'
import type { Warn } from './warning.ts'

export type FeedMode = 'stream' | 'poll'

type Deps = {
  /** Of the pages; the stream is at `<url>/stream`. */
  url: string
  mode: FeedMode
  /** Between two questions when polling. */
  pollSeconds: number
  fetch: Fetch
  keys: Keys
  revocations: Revocations
  warn: Warn
}

// About 200,000 ended sessions; a longer page is refused, and the feed becomes stale.
const MAX_PAGE_CHARACTERS = 16 * 1024 * 1024
const POLL_TIMEOUT_MS = 10_000
// A stream that is silent for several heartbeats is dead, whatever TCP says.
const SILENCE_MS = REVOCATION_HEARTBEAT_SECONDS * 5 * 1000
const MOST_BACK_OFF_MS = 10_000

/**
 * Follows the feed until the signal. Resolves when the first page is there, or the first attempt has failed: what is known then
 * and later, `revocations` tells.
 */
export function followFeed(deps: Deps, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    void follow(deps, signal, resolve)
  })
}

async function follow(deps: Deps, signal: AbortSignal, onTried: () => void): Promise<void> {
  let failures = 0
  const addPage = async (text: string) => {
    // A page may be the first thing that a new key signs.
    await deps.keys.withFreshKeys(() => deps.revocations.addPage(text))
    failures = 0
    onTried()
  }
  const read = deps.mode === 'stream' ? readStream : readOnce
  while (!signal.aborted) {
    try {
      await read(deps, signal, addPage)
      // A stream ends when the issuer restarts: many come back then, and not all at once.
      await pause(deps.mode === 'stream' ? backOffMs(0, MOST_BACK_OFF_MS) : around(deps.pollSeconds), signal)
    } catch (cause) {
      if (signal.aborted) break
      if (failures === 0) deps.warn('revocations-unavailable', cause)
      if (isRefusedCursor(cause)) deps.revocations.forgetCursor()
      onTried()
      await pause(backOffMs(failures++, MOST_BACK_OFF_MS), signal)
    }
  }
  onTried()
}

type AddPage = (text: string) => Promise<void>

async function readStream(deps: Deps, signal: AbortSignal, addPage: AddPage): Promise<void> {
  const question = questionOf(deps, '/stream', { accept: 'text/event-stream', timeoutMs: SILENCE_MS, signal })
  await withAnswer(deps.fetch, question, async ({ chunks, more }) => {
    let pages = 0
    for await (const page of readEvents(chunks, MAX_PAGE_CHARACTERS)) {
      await addPage(page)
      pages += 1
      more() // only a good page counts as a sign of life
    }
    if (pages === 0) throw new Error('the stream ended before its first page')
  })
}

async function readOnce(deps: Deps, signal: AbortSignal, addPage: AddPage): Promise<void> {
  const question = questionOf(deps, '', { accept: 'application/jwt', timeoutMs: POLL_TIMEOUT_MS, signal })
  await addPage(await withAnswer(deps.fetch, question, (body) => readText(body, MAX_PAGE_CHARACTERS)))
}

function questionOf({ url, revocations }: Deps, path: string, rest: Omit<Question, 'url'>): Question {
  const address = new URL(url)
  address.pathname = `${address.pathname.replace(/\/$/, '')}${path}`
  if (revocations.cursor !== undefined) address.searchParams.set('after', revocations.cursor)
  return { url: address.href, ...rest }
}

function isRefusedCursor(error: unknown): boolean {
  return error instanceof UnexpectedStatus && [400, 404, 410, 422].includes(error.status)
}

const around = (seconds: number) => seconds * 1000 * (0.9 + Math.random() / 5)
