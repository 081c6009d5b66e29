/** Domains that people take for others (CVE-2021-3424). Local parts are plain ASCII: nothing in them looks like something else. */

/** Alphabets of today, without those below (UAX #31 table 5). Domains in others are nearly always made to deceive. */
const ALPHABETS = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Georgian',
  'Hebrew',
  'Arabic',
  'Thaana',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Tibetan',
  'Myanmar',
  'Ethiopic',
  'Khmer',
]

/** Chinese, Japanese and Korean, which stand beside each other and beside Latin. */
const BESIDE_LATIN = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]

// UTS #39 §5.2 "Highly Restrictive", by the alphabets that a character is used in (§5.1, Script_Extensions). Digits, hyphens and
// emoji stand in all.
const ways = [...ALPHABETS.map((alphabet) => [alphabet]), ...BESIDE_LATIN].map(
  (alphabets) =>
    new RegExp(`^[${[...alphabets, 'Common', 'Inherited'].map((name) => `\\p{scx=${name}}`).join('')}]*$`, 'u'),
)

// Small letters that look like one of ASCII (UTS #39 §4, confusables.txt): Latin, Greek, Cyrillic, Armenian.
const LIKE_ASCII = /^[\0-\x7fıƍƽɑɡɣɩɪɯʋʏαγικνορσυϱϲϳагеорсухѕіјѡѵүһҽӏԁԛԝագզհոռսցքօ]+$/
const ASCII = /^[\0-\x7f]*$/

/**
 * Whether a domain looks like another one: a label of it mixes alphabets, or it has labels of letters that look like ASCII ones
 * below a top label of ASCII, or is one of ASCII to the eye altogether.
 *
 * @param domain in lower case, as people read it
 */
export function looksLikeAnother(domain: string): boolean {
  if (ASCII.test(domain)) return false
  const labels = domain.split('.')
  if (labels.some((label) => !ways.some((way) => way.test(label)))) return true
  const top = labels.at(-1) ?? ''
  const isAsciiToTheEye = (label: string) => !ASCII.test(label) && LIKE_ASCII.test(label)
  return (ASCII.test(top) && labels.some(isAsciiToTheEye)) || LIKE_ASCII.test(domain)
}
