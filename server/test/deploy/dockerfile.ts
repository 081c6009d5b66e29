/** The Dockerfile and .dockerignore as Docker reads them, as far as ours go. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Instruction = { readonly name: string; readonly text: string }
/** From one FROM to the next. */
export type Stage = readonly Instruction[]

export const root = join(import.meta.dirname, '../../..')

export function readDockerfile(): Stage[] {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8')
  const lines = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '')
  const stages: Instruction[][] = []
  for (const [, name = '', rest = ''] of lines.matchAll(/^(\S+) +(.*)$/gm)) {
    if (name === 'FROM') stages.push([])
    stages.at(-1)?.push({ name, text: rest })
  }
  return stages
}

/** The text of the one instruction of that name. */
export function textOf(stage: Stage, name: string): string {
  const found = stage.filter((instruction) => instruction.name === name)
  if (found.length !== 1) throw new Error(`${found.length} instructions ${name} in the Dockerfile`)
  return found[0]?.text ?? ''
}

/** `CMD ["node", "…"]`, also behind the options of a HEALTHCHECK: no shell reads it. */
export function wordsOf(text: string): [program: string, ...parameters: string[]] {
  return JSON.parse(text.slice(text.indexOf('[')))
}

type Rule = { readonly isKept: boolean; readonly pattern: RegExp }

/** @returns whether Docker does not see a file of the repository: the last line that fits decides */
export function readDockerignore(): (file: string) => boolean {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#')).map(ruleOf)
  return (file) => rules.findLast(({ pattern }) => pattern.test(file))?.isKept === false
}

/** A pattern fits what it names and all below. */
function ruleOf(line: string): Rule {
  const isKept = line.startsWith('!')
  const source = line
    .slice(isKept ? 1 : 0)
    .replace(/[.+?^$()[\]{}|]/g, '\\$&')
    .replace(/\*\*\/|\*\*|\*/g, (stars) => ({ '**/': '(?:.*/)?', '**': '.*' })[stars] ?? '[^/]*')
  return { isKept, pattern: new RegExp(`^${source}(?:/|$)`) }
}
