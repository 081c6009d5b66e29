/** What templates and words may say: the names that they are given, and nothing that escapes from them. */
import Mustache from 'mustache'
import { ALWAYS, COMMON, type Documents, type Files, type Kind, textOf } from './source.ts'
import type { Words } from './words.ts'

// `{{{x}}}` and `{{&x}}` put a value into the page as it is, `{{=…=}}` changes what is a tag: CVE-2023-27474, CVE-2023-22621.
const UNESCAPED = /\{\{\s*[{&=]/

/** @throws Error naming the file, and what it says or does not say */
export function checkDocument(
  files: Files,
  languages: ReadonlyMap<string, Words>,
  kinds: readonly Kind[],
  [document, { facts, items = [], required = [] }]: [string, Documents[string]],
): void {
  const given = [...ALWAYS, ...facts]
  const used = kinds.map((kind) => ({
    file: `${document}.${kind}`,
    names: namesUsed(files, `${document}.${kind}`, kind),
  }))
  for (const { file, names } of used) {
    const missing = required.find((fact) => !names.has(fact))
    if (missing !== undefined) throw new Error(`${file} must show {{${missing}}}`)
  }
  for (const [tag, words] of languages) {
    const texts = { ...words[COMMON], ...words[document] }
    const known = new Set([...given, ...items, ...Object.keys(texts).map((key) => `words.${key}`)])
    for (const { file, names } of used) refuseUnknown(names, known, file)
    for (const [key, text] of Object.entries(texts)) {
      const isSaid = key in (words[document] ?? {}) || used.some(({ names }) => names.has(`words.${key}`))
      if (isSaid)
        refuseUnknown(
          usesOf(text, `words.${tag}.json`).names,
          new Set(given),
          `words.${tag}.json: "${key}" of ${document}`,
        )
    }
  }
}

function refuseUnknown(used: ReadonlySet<string>, known: ReadonlySet<string>, what: string): void {
  const unknown = [...used].find((name) => !known.has(name))
  if (unknown !== undefined) throw new Error(`${what}: there is no {{${unknown}}}`)
}

/** Names that a template and its parts use. */
function namesUsed(files: Files, name: string, kind: Kind, within: readonly string[] = []): Set<string> {
  const text = textOf(files, name)
  if (text === undefined) throw new Error(`${name} is missing`)
  if (within.includes(name)) throw new Error(`${name} contains itself`)
  const { names, parts } = usesOf(text, name)
  const inner = [...parts].flatMap((part) => [...namesUsed(files, `_${part}.${kind}`, kind, [...within, name])])
  return new Set([...names, ...inner])
}

type Token = [type: string, value: string, start: number, end: number, children?: unknown]

/** Names of facts and words, and parts, that a text uses. */
function usesOf(text: string, what: string): { names: ReadonlySet<string>; parts: ReadonlySet<string> } {
  if (UNESCAPED.test(text))
    throw new Error(`${what}: values are always escaped; {{{…}}}, {{&…}} and {{=…=}} are not known`)
  const [names, parts] = [new Set<string>(), new Set<string>()]
  const walk = (tokens: readonly Token[]): void => {
    for (const [type, value, , , children] of tokens) {
      if (['name', '#', '^'].includes(type)) names.add(value)
      if (type === '>') parts.add(value)
      if (Array.isArray(children)) walk(children as Token[])
    }
  }
  walk(parse(text, what))
  return { names, parts }
}

function parse(text: string, what: string): Token[] {
  try {
    return Mustache.parse(text) as Token[]
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
  }
}
