/** One document, its words and facts put into its template. Facts are escaped, and kept from changing the direction of a line. */
import Mustache from 'mustache'
import { ALWAYS, COMMON, type Facts, type Files, type Isolated, type Kind, textOf } from './source.ts'
import type { Words } from './words.ts'

/** Words whose facts have been escaped already. */
type Finished = { readonly finished: string }
type Value = string | number | Isolated | Finished

/** One text of a document, as plain text. */
export function renderWord(
  { words, document }: Pick<Rendering, 'words' | 'document'>,
  key: string,
  facts: Facts,
): string {
  const text = words[document]?.[key] ?? words[COMMON]?.[key]
  if (text === undefined) throw new TypeError(`there is no text "${document}.${key}"`)
  return Mustache.render(text, facts, {}, { escape: plainText(facts.dir === 'rtl') })
}

export type Rendering = {
  files: Files
  words: Words
  document: string
  kind: Kind
  /** Names of the facts that the document must be given. */
  given: readonly string[]
}

/** @throws TypeError when a fact is missing */
export function renderDocument({ files, words, document, kind, given }: Rendering, facts: Facts): string {
  const missing = [...ALWAYS, ...given].find((name) => facts[name] === undefined)
  if (missing !== undefined) throw new TypeError(`the template "${document}" is not given "${missing}"`)
  const safely = { escape: kind === 'html' ? escapeHtml : plainText(facts.dir === 'rtl') }
  const say = (text: string): Finished => ({ finished: Mustache.render(text, facts, {}, safely) })
  const texts = { ...words[COMMON], ...words[document] }
  const said = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, say(text)]))
  const part = (name: string) => textOf(files, `_${name}.${kind}`)
  return Mustache.render(textOf(files, `${document}.${kind}`) ?? '', { ...facts, words: said }, part, safely)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(value: Value): string {
  if (typeof value === 'object' && 'finished' in value) return value.finished
  const text = String(typeof value === 'object' ? value.isolated : value)
  const escaped = text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
  return typeof value === 'object' ? `<bdi>${escaped}</bdi>` : escaped
}

const FIRST_STRONG_ISOLATE = '\u2068'
const POP_ISOLATE = '\u2069'
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}]/u

function plainText(isRightToLeft: boolean) {
  return (value: Value): string => {
    if (typeof value === 'object' && 'finished' in value) return value.finished
    const text = String(typeof value === 'object' ? value.isolated : value).replace(/\p{Cc}+/gu, ' ')
    const runsOther = typeof value === 'object' && (isRightToLeft || RIGHT_TO_LEFT.test(text))
    return runsOther ? `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE}` : text
  }
}
