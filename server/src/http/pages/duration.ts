const MINUTE = 60
const HOUR = 60 * MINUTE

/** How long that is as people say it, in whole minutes or hours, rounded up: "5 minutes", "دقيقتان". */
export function durationInWords(language: string, seconds: number): string {
  const format = new Intl.DurationFormat(language, { style: 'long', numberingSystem: 'latn' })
  if (seconds > 90 * MINUTE) return format.format({ hours: Math.ceil(seconds / HOUR) })
  return format.format({ minutes: Math.max(1, Math.ceil(seconds / MINUTE)) })
}
