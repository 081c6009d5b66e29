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

// Forty times what the issuer puts into one; a longer page is refused, and the feed becomes stale.
const MAX_PAGE_CHARACTERS = 16 * 1024 * 1024
const POLL_TIMEOUT_MS = 10_000
const MOST_POLL_SECONDS_WITHOUT_STREAM = 5
// A stream that is silent for several heartbeats is dead, whatever TCP says.
const SILENCE_MS = REVOCATION_HEARTBEAT_SECONDS * 5 * 1000
const MOST_BACK_OFF_MS = 10_000

/**
 * Follows the feed until the signal. Resolves when everything that has ended is known, or the first attempt has failed: what is known
 * then and later, `revocations` tells.
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
    const isLast = await deps.keys.withFreshKeys(() => deps.revocations.addPage(text))
    failures = 0
    if (isLast) onTried()
    return isLast
  }
  const read = deps.mode === 'stream' ? createStreamReader(deps) : createPageReader(deps)
  while (!signal.aborted) {
    try {
      await pause(await read(signal, addPage), signal)
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

/** @returns whether it was the last one: false when there are more to be read at once */
type AddPage = (text: string) => Promise<boolean>

/** Reads until it has to stop. @returns after how many milliseconds to go on */
type Read = (signal: AbortSignal, addPage: AddPage) => Promise<number>

function createPageReader(deps: Deps): Read {
  return async (signal, addPage) => {
    await readPages(deps, signal, addPage)
    return around(deps.pollSeconds)
  }
}

/**
 * While the stream is refused, the same pages are asked for one by one, so that whoever takes all the streams of the issuer keeps
 * nobody from knowing; the stream is tried again each time.
 */
function createStreamReader(deps: Deps): Read {
  let isRefused = false
  return async (signal, addPage) => {
    try {
      await readStream(deps, signal, (page) => {
        isRefused = false
        return addPage(page)
      })
      // A stream ends when the issuer restarts: many come back then, and not all at once.
      return backOffMs(0, MOST_BACK_OFF_MS)
    } catch (cause) {
      if (!(cause instanceof UnexpectedStatus)) throw cause
      await readPages(deps, signal, addPage)
      if (!isRefused) deps.warn('revocation-stream-refused', cause)
      isRefused = true
      return around(Math.min(deps.pollSeconds, MOST_POLL_SECONDS_WITHOUT_STREAM))
    }
  }
}

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

/** The pages from the cursor to the last one. */
async function readPages(deps: Deps, signal: AbortSignal, addPage: AddPage): Promise<void> {
  for (let before: string | undefined; ; before = deps.revocations.cursor) {
    const question = questionOf(deps, '', { accept: 'application/jwt', timeoutMs: POLL_TIMEOUT_MS, signal })
    const isLast = await addPage(await withAnswer(deps.fetch, question, (body) => readText(body, MAX_PAGE_CHARACTERS)))
    if (isLast) return
    if (deps.revocations.cursor === before) throw new Error('its pages lead nowhere')
  }
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
