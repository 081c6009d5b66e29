/** Words by language: one JSON file each, `words.<language>.json`, in groups. An operator's file changes some of them. */

/** Group → key → text, in which `{{fact}}` stands for a fact. */
export type Words = Readonly<Record<string, Readonly<Record<string, string>>>>

const UNSAFE = /[<>&\p{Cc}]/u // words are put into HTML as they are

/** @param what names the file in what is thrown @throws Error when it is no object of groups of texts */
export function readWords(text: string, what: string): Words {
  const words: unknown = JSON.parse(text)
  if (!isRecord(words)) throw new Error(`${what} must be a JSON object`)
  for (const [group, texts] of Object.entries(words)) {
    if (!isRecord(texts)) throw new Error(`${what}: "${group}" must be a group of texts`)
    for (const [key, value] of Object.entries(texts)) {
      if (typeof value !== 'string') throw new Error(`${what}: "${group}.${key}" must be a text`)
      if (UNSAFE.test(value)) throw new Error(`${what}: "${group}.${key}" must be one line without <, > and &`)
    }
  }
  return words as Words
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own words with those of an operator in their place. @throws Error when one of these has no place */
export function mergeWords(own: Words, other: Words, what: string): Words {
  for (const [group, texts] of Object.entries(other)) {
    const unknown = Object.keys(texts).find((key) => own[group]?.[key] === undefined)
    if (unknown !== undefined) throw new Error(`${what}: there is no text "${group}.${unknown}"`)
  }
  return Object.fromEntries(Object.entries(own).map(([group, texts]) => [group, { ...texts, ...other[group] }]))
}

/** @throws Error naming the first text that one language has and the other one lacks */
export function refuseMissingWords(model: Words, words: Words, what: string): void {
  for (const [group, texts] of Object.entries(model)) {
    const missing = Object.keys(texts).find((key) => words[group]?.[key] === undefined)
    if (missing !== undefined) throw new Error(`${what}: the text "${group}.${missing}" is missing`)
  }
}
