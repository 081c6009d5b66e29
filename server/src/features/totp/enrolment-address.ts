import { toBase32 } from './base32.ts'
import { commonParameters, type TotpParameters } from './one-time-password.ts'

/**
 * The `otpauth:` address that a code app reads from a QR code: the "Key URI Format", which every app follows. The label
 * is `issuer:identifier`, both percent-encoded, so that neither can add parameters; parameters come with `%20` and not
 * `+`, which some apps show as it is.
 */
export function enrolmentAddress(
  { secret, issuer, identifier }: { secret: Buffer; issuer: string; identifier: string },
  { algorithm, digits, stepSeconds }: TotpParameters = commonParameters,
): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(identifier)}`
  const parameters = [
    ['secret', toBase32(secret)],
    ['issuer', issuer],
    ['algorithm', algorithm.toUpperCase()],
    ['digits', String(digits)],
    ['period', String(stepSeconds)],
  ] as const
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return `otpauth://totp/${label}?${query}`
}
