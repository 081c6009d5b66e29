/**
 * Documents made of logic-less templates (Mustache) and words in several languages. A folder holds `<document>.<kind>`, parts
 * that documents share as `_<part>.<kind>`, and `words.<language>.json`; a second folder may replace any of these files, or
 * bring a language. Everything is read and judged once: a template that names what it is not given stops the start.
 */
import { checkDocument } from './check.ts'
import { chooseLanguage } from './language.ts'
import { renderDocument, renderWord } from './render.ts'
import { type Documents, type Facts, type Files, type Kind, languagesOf, readFiles } from './source.ts'
import { mergeWords, readWords, refuseMissingWords, type Words } from './words.ts'

export type { Documents, Facts, Isolated, Kind } from './source.ts'

export type Templates = {
  /** Languages (BCP 47), the default one first. */
  languages: readonly string[]
  /** The best of them for a tag such as `ar-EG` or an Accept-Language header; the default one when there is none. */
  languageFor(wanted: string | null | undefined): string
  /** Facts that every document has, in this language. */
  always(language: string): { language: string; dir: string; start: string }
  /** @throws TypeError when a fact is missing */
  render(document: string, kind: Kind, language: string, facts: Facts): string
  /** One text of a document, as plain text. */
  say(document: string, key: string, language: string, facts: Facts): string
  /** One text of a group that is no document. */
  word(language: string, group: string, key: string): string | undefined
}

export type TemplateSource = {
  folder: string
  /** Of an operator. */
  override?: string | undefined
  kinds: readonly Kind[]
  documents: Documents
  defaultLanguage: string
  /** Instead of the default one where that has no words; without it, that stops the start. */
  fallbackLanguage?: string
}

/** The language that has every text: others are compared with it. */
const MODEL = 'en'

/** @throws Error naming the file and what is wrong with it */
export function loadTemplates(source: TemplateSource): Templates {
  const { folder, override, kinds, documents } = source
  const files = readFiles(folder, override)
  const words = readLanguages(files)
  const defaultLanguage = defaultOf(words, source)
  for (const document of Object.entries(documents)) checkDocument(files, words, kinds, document)
  const languages: readonly [string, ...string[]] = [
    defaultLanguage,
    ...[...words.keys()].filter((tag) => tag !== defaultLanguage),
  ]
  const wordsOf = (language: string) => words.get(language) ?? (words.get(defaultLanguage) as Words)
  return {
    languages,
    languageFor: (wanted) => chooseLanguage(languages, wanted),
    always: (language) => {
      const isRightToLeft = wordsOf(language).common?.direction === 'rtl'
      return { language, dir: isRightToLeft ? 'rtl' : 'ltr', start: isRightToLeft ? 'right' : 'left' }
    },
    say: (document, key, language, facts) => renderWord({ words: wordsOf(language), document }, key, facts),
    word: (language, group, key) => wordsOf(language)[group]?.[key],
    render: (document, kind, language, facts) =>
      renderDocument(
        { files, words: wordsOf(language), document, kind, given: documents[document]?.facts ?? [] },
        facts,
      ),
  }
}

function readLanguages(files: Files): Map<string, Words> {
  const words = new Map(languagesOf(files).map((tag) => [tag, readLanguage(files, `words.${tag}.json`)]))
  const model = words.get(MODEL)
  if (!model) throw new Error(`words.${MODEL}.json is missing`)
  for (const [tag, texts] of words) refuseMissingWords(model, texts, `words.${tag}.json`)
  return words
}

function defaultOf(words: ReadonlyMap<string, Words>, { defaultLanguage, fallbackLanguage }: TemplateSource): string {
  if (words.has(defaultLanguage)) return defaultLanguage
  if (fallbackLanguage !== undefined) return fallbackLanguage
  throw new Error(`there are no words in the language "${defaultLanguage}" (DEFAULT_LANGUAGE)`)
}

function readLanguage({ own, other }: Files, name: string): Words {
  const [ours, theirs] = [own.get(name), other.get(name)]
  if (ours === undefined) return readWords(theirs ?? '{}', name)
  const words = readWords(ours, name)
  return theirs === undefined ? words : mergeWords(words, readWords(theirs, name), name)
}
