/** What counts as an e-mail address, and when two of them are the same one. */

import { isIP } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

const LONGEST = 320 // RFC 3696 §3, as the old service had it

// RFC 5322 §3.2.3 dot-atom. A dot stands in one place of the pattern only, so matching takes one pass.
const LOCAL_PART = /^[-!#$%&'*+/=?^_`{|}~0-9A-Za-z]+(?:\.[-!#$%&'*+/=?^_`{|}~0-9A-Za-z]+)*$/
const LABEL = /^[0-9A-Za-z](?:[-0-9A-Za-z]{0,61}[0-9A-Za-z])?$/
const TOP_LABEL = /^[-0-9A-Za-z]{1,62}[0-9A-Za-z]$/
const ADDRESS_LITERAL = /^\[([0-9A-Fa-f:.]+)\]$/
const PLAIN_ASCII = /^[!-~]*$/
const KELVIN_SIGN = '\u212A' // the one character that NFC and lower case turn into plain ASCII: k

/**
 * Whether the text is one address that the old service took (Django 4.2, EmailValidator): one @, a local part of plain ASCII, and
 * as domain two labels or more, `localhost` or an address literal. Stricter on purpose: no quoted local part, and no character
 * that stands for another one (Kelvin sign for K, long s for s, fullwidth letters), so that a mailbox has one spelling. Domains
 * beyond ASCII are judged by UTS #46, where the old service had the IDNA of 2003.
 */
export function isEmailAddress(text: string): boolean {
  if (text.length > LONGEST) return false
  const at = text.lastIndexOf('@')
  return at > 0 && LOCAL_PART.test(text.slice(0, at)) && isDomain(text.slice(at + 1))
}

const LONGEST_SENT = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets

/** Whether a mail can be sent there: an address that is short enough as it is sent, with the domain in DNS's spelling. */
export function isMailable(text: string): boolean {
  return isEmailAddress(text) && text.lastIndexOf('@') + 1 + asciiOf(domainOf(text)).length <= LONGEST_SENT
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

function isDomain(domain: string): boolean {
  const literal = ADDRESS_LITERAL.exec(domain)?.[1]
  if (literal !== undefined) return isIP(literal) !== 0
  return domain === 'localhost' || isHostName(asciiOf(domain))
}

function isHostName(domain: string): boolean {
  const labels = domain.split('.')
  const top = labels.pop() ?? ''
  return labels.length > 0 && labels.every((label) => LABEL.test(label)) && TOP_LABEL.test(top)
}

/** The domain as DNS knows it (UTS #46); empty when it is spelled with characters that DNS replaces or leaves out. */
function asciiOf(domain: string): string {
  if (PLAIN_ASCII.test(domain)) return domain
  const ascii = domainToASCII(domain)
  const isAsSpelled = domainToUnicode(ascii) === comparable(domain) && !domain.includes(KELVIN_SIGN)
  return isAsSpelled ? ascii : ''
}

/**
 * What uniqueness and look-up compare: canonical composition, case ignored, accents kept, the domain as people read it: `xn--…` is
 * another spelling of the same mailbox. For texts that are addresses: composing tens of thousands of combining marks takes quadratic
 * time.
 *
 * Keys are stored, since 0.1.0 as they come out of here: whoever changes that has a migration rewrite them.
 */
export function emailKey(text: string): string {
  const key = comparable(text)
  const at = key.lastIndexOf('@')
  return at >= 0 && key.includes('xn--', at) ? key.slice(0, at + 1) + unicodeOf(key.slice(at + 1)) : key
}

function comparable(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC')
}

/** A domain as people read it (RFC 5890 §2.3.2.1: the U-label of each A-label); as it is, where DNS would not lead back to it. */
function unicodeOf(domain: string): string {
  if (!PLAIN_ASCII.test(domain)) return domain
  const unicode = domainToUnicode(domain)
  return domainToASCII(unicode) === domain && comparable(unicode) === unicode ? unicode : domain
}
