import type { Origin } from '../../platform/origin.ts'
import type { MailPage, PageOutcome } from './mail-page.ts'

/** Uses up the token of a link that proves an address. */
export type ProveAddress = (
  token: string,
  origin: Origin,
) => Promise<{ kind: 'verified' } | Exclude<PageOutcome, { kind: 'done' | 'again' }>>

export function verifyAddressPage(proveAddress: ProveAddress): MailPage {
  return {
    purpose: 'verify-address',
    async act({ token, origin }) {
      const outcome = await proveAddress(token, origin)
      return outcome.kind === 'verified' ? { kind: 'done', message: 'verified' } : { kind: outcome.kind }
    },
  }
}
