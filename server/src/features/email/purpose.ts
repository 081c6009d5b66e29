import type { MailName } from './mails.ts'

const MINUTE = 60
const DAY = 86_400

type PurposeRule = {
  /** The mail that carries it. */
  mail: MailName
  /** The one where its link leads nowhere. */
  mailWithoutLink?: MailName
  lifetimeSeconds: number
  /** Whether there are six digits beside the link. */
  hasCode: boolean
}

// OWASP ASVS 6.5.5 and NIST SP 800-63B-4 §3.1.3.2: what proves somebody by mail lives for ten minutes at the most.
const proof = { lifetimeSeconds: 10 * MINUTE, hasCode: true }

/**
 * What a code or a link may be used for: it is good for nothing else. Another one needs its mail (mails.ts, with words and
 * templates in the folder `mails`) and, for its link, a page of the same name (http/pages).
 */
export const purposes = {
  'verify-address': { mail: 'verify-address', ...proof },
  'change-address': { mail: 'change-address', ...proof },
  'recover-password': { mail: 'recover-password', ...proof },
  // The link goes on to an application, which must have a page for it (`SIGN_IN_LINK_URL`).
  'sign-in': { mail: 'sign-in', mailWithoutLink: 'sign-in-code', ...proof },
  // Signs nobody in: it takes back a change, and its owner may be away for a few days. Too long for six digits.
  'undo-address-change': { mail: 'address-changed', lifetimeSeconds: 7 * DAY, hasCode: false },
  // Signs nobody in either: it keeps an account from being deleted. As long as that waits, which the caller says; five tries at
  // six digits are one in 200,000, and whoever guesses right has kept somebody's account.
  'undo-deletion': { mail: 'deletion-requested', lifetimeSeconds: 7 * DAY, hasCode: true },
} as const satisfies Record<string, PurposeRule>

export type Purpose = keyof typeof purposes

/** Also how the page of its link is called: `/mail/<purpose>`. */
export const ruleOf = (purpose: Purpose): PurposeRule => purposes[purpose]
