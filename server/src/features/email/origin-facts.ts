import { isIP } from 'node:net'
import type { Origin } from '../../platform/origin.ts'
import type { Facts, Templates } from '../../platform/templates/templates.ts'
import { describeDevice } from './describe-device.ts'

/** When and where something was done, in the words of a language. */
export function originFacts(
  templates: Templates,
  language: string,
  { address, userAgent }: Origin,
  now: number,
): Facts {
  const unknown = (what: string) => templates.word(language, 'names', `unknown-${what}`) ?? ''
  return {
    time: { isolated: `${formatOf(language).format(now)} UTC` },
    device: { isolated: describeDevice(userAgent) ?? unknown('device') },
    // A proxy that passes X-Forwarded-For on as it came lets anybody write there.
    place: { isolated: address !== null && isIP(address) !== 0 ? address : unknown('place') },
  }
}

const formats = new Map<string, Intl.DateTimeFormat>()

// Making one takes a millisecond, which is as long as the rest of a mail.
function formatOf(language: string): Intl.DateTimeFormat {
  const options = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC', numberingSystem: 'latn' } as const
  const format = formats.get(language) ?? new Intl.DateTimeFormat(language, options)
  formats.set(language, format)
  return format
}
