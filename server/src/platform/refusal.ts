import type { RefusalCode } from '../../../contract/problems.ts'

/** Facts that may be told to whoever is refused. Never a secret, never what tells whether a user exists. */
export type RefusalFacts = Readonly<Record<string, string | number | readonly (string | FieldFault)[]>>

/** What is wrong with which part of a request: a JSON pointer (RFC 6901) and a sentence. */
export type FieldFault = { readonly pointer: string; readonly detail: string }

/** The one error type of the inside: an expected "no" with a code from a closed list. It knows no HTTP status. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly facts: RefusalFacts

  constructor(code: RefusalCode, facts: RefusalFacts, cause?: unknown) {
    super(code, { cause })
    this.name = 'Refusal'
    this.code = code
    this.facts = facts
  }
}

/** Makes the error to throw: `throw refused('too-busy', { retryAfterSeconds: 1 })`. */
export function refused(code: RefusalCode, facts: RefusalFacts = {}, cause?: unknown): Refusal {
  return new Refusal(code, facts, cause)
}
