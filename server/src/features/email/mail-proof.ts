import { emailKey } from '../users/users.ts'

/** What somebody read in a mail: the code, or the token of the link. */
export type MailProof = { email: string; code: string } | { token: string }

/** What limits count it as: a code by its address, which may be anybody's or nobody's. Nobody guesses the token of a link. */
export function attemptOf(proof: MailProof): { purpose: 'mail-code'; identifierKey?: string } {
  return { purpose: 'mail-code', ...('email' in proof && { identifierKey: emailKey(proof.email) }) }
}
