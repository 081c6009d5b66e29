/**
 * Whether a password is known from a breach, asked of a range API as Have I Been Pwned has one. The API is told the first five
 * characters of the password's SHA-1, which some hundreds of known passwords share, and sends back the rest of all of these
 * (k-anonymity). Nothing else leaves the process, and nothing of it is logged or kept.
 */
import { createHash } from 'node:crypto'
import type { Fetch } from '../../platform/fetch.ts'
import type { Logger } from '../../platform/logger.ts'
import { normalForm } from './own-hash.ts'

export type BreachLookup = {
  /** Of the range API, without a slash at its end. */
  url: string
  timeoutMs: number
  /** Whether a password is accepted that could not be looked up. */
  onFailure: 'open' | 'closed'
}

/** Why the password is refused; empty when it is accepted. */
export type BreachCheck = (password: string) => Promise<readonly string[]>

const PREFIX_CHARACTERS = 5
const MOST_BYTES = 512 * 1024 // ten times what a padded answer has
const MOST_AT_ONCE = 64 // an API that hangs must not collect sockets; one more has failed at once
const LINE = /^([0-9A-F]{35}):(\d{1,12})$/i

const KNOWN = 'This password has appeared in a data breach, so others may try it. Choose another one.'
const UNANSWERED = 'This password could not be compared with breached ones at the moment. Try again later.'

export function createBreachCheck({ fetch, logger }: { fetch: Fetch; logger: Logger }, api: BreachLookup): BreachCheck {
  let running = 0

  async function findCounts(prefix: string): Promise<Map<string, number> | undefined> {
    if (running >= MOST_AT_ONCE) return fail('too many look-ups at once')
    running++
    try {
      return await ask(prefix)
    } finally {
      running--
    }
  }

  async function ask(prefix: string): Promise<Map<string, number> | undefined> {
    const outcome = await fetch({
      url: `${api.url}/${prefix}`,
      headers: { accept: 'text/plain', 'add-padding': 'true' }, // else the size of the answer would tell the prefix
      timeoutMs: api.timeoutMs,
      maxBytes: MOST_BYTES,
      allowPrivate: true, // the operator named it
      allowPlain: true, // only of this machine: the setting takes no other one
    })
    if (outcome.kind === 'failed') return fail(outcome.reason)
    if (outcome.status !== 200) return fail(`status ${outcome.status}`)
    return readRange(outcome.body.toString()) ?? fail('no range')
  }

  function fail(why: string): undefined {
    logger.warn({ why, policy: api.onFailure }, 'a password could not be looked up among breached ones')
    return undefined
  }

  return async (password) => {
    const digest = createHash('sha1').update(normalForm(password)).digest('hex').toUpperCase()
    const counts = await findCounts(digest.slice(0, PREFIX_CHARACTERS))
    if (!counts) return api.onFailure === 'open' ? [] : [UNANSWERED]
    return (counts.get(digest.slice(PREFIX_CHARACTERS)) ?? 0) > 0 ? [KNOWN] : [] // padding has a count of 0
  }
}

/** Rest of the hash → how often it was seen; undefined when it is something else, such as the page of a captive portal. */
function readRange(text: string): Map<string, number> | undefined {
  const counts = new Map<string, number>()
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '') continue
    const [, rest, count] = LINE.exec(line) ?? []
    if (rest === undefined) return undefined
    counts.set(rest.toUpperCase(), Number(count))
  }
  return counts.size > 0 ? counts : undefined // no prefix is without known passwords
}
