/** Files of templates and words, and what documents are made of. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Kind = 'html' | 'txt'

/** A text that may run in another direction than the one around it, such as an address within Arabic. */
export type Isolated = { readonly isolated: string }
export type Facts = Readonly<Record<string, string | Isolated | boolean | readonly object[]>>

export type Documents = Readonly<
  Record<
    string,
    {
      /** All that it is given. */
      facts: readonly string[]
      /** What the items of lists among them have. */
      items?: readonly string[]
      /** Without these it would be of no use, in every kind. */
      required?: readonly string[]
    }
  >
>

/** Words of this group are given to every document. */
export const COMMON = 'common'
/** Facts that are given to every document. */
export const ALWAYS = ['language', 'dir', 'start', 'service']

/** By name: our own, and those of an operator that take their place. */
export type Files = { own: ReadonlyMap<string, string>; other: ReadonlyMap<string, string> }

const FILE = /^(?:words\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\.json|_?[a-z][a-z-]*\.(?:html|txt))$/

/** @throws Error naming a file that is no template, or takes the place of none */
export function readFiles(folder: string, override?: string): Files {
  const own = readFolder(folder)
  const other = override === undefined ? new Map<string, string>() : readFolder(override)
  const stray = [...other.keys()].find((name) => !own.has(name) && languageOf(name) === undefined)
  if (stray !== undefined) throw new Error(`${join(override ?? '', stray)} takes the place of no template`)
  return { own, other }
}

function readFolder(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'))
  const stray = names.find((name) => !FILE.test(name))
  if (stray !== undefined) throw new Error(`${join(folder, stray)} is no template`)
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

export function textOf({ own, other }: Files, name: string): string | undefined {
  return other.get(name) ?? own.get(name)
}

/** Languages for which there are words. */
export function languagesOf({ own, other }: Files): string[] {
  return [...new Set([...own.keys(), ...other.keys()].flatMap((name) => languageOf(name) ?? []))]
}

const languageOf = (name: string) => FILE.exec(name)?.[1]
