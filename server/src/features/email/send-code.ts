import type { Db } from '../../platform/db.ts'
import type { Origin } from '../../platform/origin.ts'
import { randomId } from '../../platform/random.ts'
import { refused } from '../../platform/refusal.ts'
import type { Facts } from '../../platform/templates/templates.ts'
import { hashCode, hashToken, makeCode, makeToken, slotOf } from './code.ts'
import { NOTICE_LIFETIME_MS } from './delivery.ts'
import { originFacts, timeInWords } from './origin-facts.ts'
import { type Purpose, ruleOf } from './purpose.ts'
import { replaceCode } from './store.ts'
import { type WritingDeps, writeMail } from './write-mail.ts'

export type CodeRequest = {
  purpose: Purpose
  /** Whom it will prove; null where nobody is known by the address yet. */
  userId: number | null
  /** The recipient: the address as it is stored, never as somebody typed it just now (CVE-2019-19844). */
  address: string
  /** Language that the user chose or the request asks for (BCP 47). */
  locale: string | null
  /** What must be the same when the code is used, in whatever form the caller likes: up to 255 characters. */
  state: string
  origin: Origin
  /** How long code and link are good. Default: as the rule of the purpose says. */
  lifetimeSeconds?: number
  /** Path of the page that the link opens, below PUBLIC_URL. Default: `/mail/<purpose>`. */
  path?: string
  /**
   * Does everything but send the mail: for an address that nobody has. It takes the same time, and whoever tries codes of it
   * gets the same answers.
   */
  isDecoy?: boolean
}

export type CodeDeps = WritingDeps & {
  publicUrl: string
  fixedCode: string | undefined
  /** Whether an application takes links to sign in with. */
  hasSignInLink: boolean
}

/** Voids what the address was sent for this purpose before. */
export async function sendCode(deps: CodeDeps, tx: Db, request: CodeRequest): Promise<void> {
  if (deps.mode === 'off') throw refused('mail-not-configured')
  const { purpose, userId, address, state, isDecoy } = request
  const { mail, mailWithoutLink = mail, hasCode } = ruleOf(purpose)
  const lifetimeSeconds = lifetimeOf(request)
  const now = deps.clock.now()
  const expiresAt = now + lifetimeSeconds * 1000
  const [id, code, token] = [randomId(), deps.fixedCode ?? makeCode(), makeToken()]
  await replaceCode(tx, {
    slot: slotOf(purpose, address),
    id,
    purpose,
    userId,
    // Nobody is sent a decoy: it proves nothing, so that it has no need of what somebody typed, nor of who asked.
    ...(isDecoy ? { address: '', state: '' } : { address, state }),
    codeHash: hasCode ? hashCode(deps.sealer, id, code) : null,
    tokenHash: hashToken(token),
    tries: 0,
    createdAt: now,
    expiresAt,
    usedAt: null,
  })
  const language = deps.templates.languageFor(request.locale)
  await writeMail(deps, tx, {
    message: deps.hasSignInLink ? mail : mailWithoutLink,
    userId,
    to: address,
    language,
    giveUpAt: Math.min(expiresAt, now + NOTICE_LIFETIME_MS),
    ...(isDecoy !== undefined && { isDecoy }),
    facts: { ...factsOf(deps, request, language, now), code, link: linkOf(deps, request, language, token) },
  })
}

function lifetimeOf({ purpose, lifetimeSeconds = ruleOf(purpose).lifetimeSeconds }: CodeRequest): number {
  return lifetimeSeconds
}

function factsOf(deps: CodeDeps, request: CodeRequest, language: string, now: number): Facts {
  const lifetimeSeconds = lifetimeOf(request)
  return {
    ...originFacts(deps.templates, language, request.origin, now),
    until: timeInWords(language, now + lifetimeSeconds * 1000),
    minutes: String(lifetimeSeconds / 60),
    days: String(lifetimeSeconds / 86_400),
  }
}

const PATH = /^(?:\/[a-z0-9-]+)+$/

// From PUBLIC_URL and nothing of the request: CVE-2023-49097, GHSA-3529-5m8x-rpv3.
function linkOf(
  { publicUrl }: CodeDeps,
  { purpose, path = `/mail/${purpose}` }: CodeRequest,
  language: string,
  token: string,
) {
  if (!PATH.test(path)) throw new TypeError('the path of a link is a path')
  return `${publicUrl}${path}?token=${token}&lang=${language}`
}
