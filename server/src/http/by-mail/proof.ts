/** What somebody read in a mail, as the routes of this folder take it, and what they answer when it is not good. */
import type { ProofOutcome } from '../../features/account/account.ts'
import type { MailProof } from '../../features/email/email.ts'
import { refused } from '../../platform/refusal.ts'
import { emailAddress, optional, text } from '../json-body.ts'

export const proofFields = {
  token: optional(text({ most: 200, description: 'Of the link. Or instead of it:' })),
  email: optional(emailAddress('The address that the mail was sent to.')),
  code: optional(text({ most: 40, description: 'The six digits of the mail.' })),
} as const

type Given = { token: string | undefined; email: string | undefined; code: string | undefined }

/** @throws Refusal 'malformed-request' when neither a token nor an address with a code is there */
export function proofOf({ token, email, code }: Given): MailProof {
  if (token !== undefined) return { token }
  if (email !== undefined && code !== undefined) return { email, code }
  const detail = 'must hold a token, or an email with a code'
  throw refused('malformed-request', { errors: [{ pointer: '', detail }] })
}

/** @throws Refusal 'mail-code-refused' { reason }, 'proof-refused' where a password was wrong */
export function mustBeDone({ kind }: ProofOutcome | { kind: 'wrong-password' }): void {
  if (kind === 'wrong-password') throw refused('proof-refused')
  if (kind !== 'done') throw refused('mail-code-refused', { reason: kind })
}
