const PLAIN = /^[\w.+-]+@/

/**
 * An address as a mail says it. Whoever registers chooses the part before the @, and mail clients make links of what looks like
 * one: `victim+evil.example/prize@example.com` arrives at the victim. So a local part with more than letters, digits and `._+-`
 * is not repeated (CVE-2022-31127).
 */
export function shownAddress(address: string): string {
  return PLAIN.test(address) ? address : `…${address.slice(address.lastIndexOf('@'))}`
}
