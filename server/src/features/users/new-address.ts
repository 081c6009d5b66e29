import { domainOf, emailKey, isEmailAddress, isMailable } from './email-address.ts'
import { looksLikeAnother } from './look-alike.ts'

/** Why nobody may have an address who had it not before. */
export type NewAddressFault = keyof typeof newAddressFaults

export const newAddressFaults = {
  'no-address': 'must be an e-mail address',
  'too-long': 'must have at most 254 characters, its domain as DNS spells it',
  'looks-like-another': 'must have a domain of one alphabet that looks like no other domain',
} as const

/**
 * What is wrong with an address that somebody wants to have. Those who have it already keep it and sign in with it. It says nothing
 * of other users: whether one has the address that it looks like would be told by the answer.
 */
export function newAddressFault(text: string): NewAddressFault | undefined {
  if (!isEmailAddress(text)) return 'no-address'
  if (!isMailable(text)) return 'too-long'
  return looksLikeAnother(domainOf(emailKey(text))) ? 'looks-like-another' : undefined
}
