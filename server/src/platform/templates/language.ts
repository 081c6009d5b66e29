const LONGEST = 200 // of an Accept-Language header that somebody wrote to be read for long

/**
 * The best language that there is for whoever asked: by a tag such as `ar-EG` or a whole `Accept-Language` header. Each range is
 * looked up as it is, then without its last part, and so on (RFC 4647 §3.4).
 *
 * @param languages the first one is for everybody else
 */
export function chooseLanguage(languages: readonly [string, ...string[]], wanted: string | null | undefined): string {
  for (const range of rangesOf(wanted?.slice(0, LONGEST) ?? '')) {
    const found = lookUp(languages, range)
    if (found !== undefined) return found
  }
  return languages[0]
}

/** By weight, highest first (RFC 9110 §12.5.4); those that are not wanted at all left out. */
function rangesOf(header: string): string[] {
  const weighted = header.split(',').map((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { range, weight: weight === undefined ? 1 : Number(weight) || 0 }
  })
  return weighted
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range)
}

function lookUp(languages: readonly string[], range: string): string | undefined {
  for (let rest = range; rest !== ''; rest = rest.slice(0, Math.max(0, rest.lastIndexOf('-')))) {
    const found = languages.find((tag) => tag.toLowerCase() === rest)
    if (found !== undefined) return found
  }
  return undefined
}
