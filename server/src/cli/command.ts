/** What a command of the command line is, and how one says that it was called wrongly. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** `run` gets the words after the command's name and answers with the exit code. */
export type Command = {
  name: string
  /** What follows the name, as help shows it. */
  takes: string
  summary: string
  /** More to know, one line each. */
  details?: readonly string[]
  run(args: readonly string[]): Promise<number> | number
}

export const exitCodes = { done: 0, failed: 1, calledWrongly: 2, incomplete: 3 } as const

/** The command was called in a way that it does not know: exit code 2. */
export class UsageError extends Error {}

/** Reads options strictly. @throws UsageError for an unknown option or one word too many */
export function readOptions<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  return parse({ args: [...args], options, strict: true, allowPositionals: false })
}

/** Reads options and exactly one word beside them. @throws UsageError */
export function readOneWord<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T, what: string) {
  const { values, positionals } = parse({ args: [...args], options, strict: true, allowPositionals: true })
  const [word] = positionals
  if (word === undefined || positionals.length > 1) throw new UsageError(`Give one ${what}.`)
  return { values, word }
}

/** Reads as many words as there are names for, and no option. @throws UsageError */
export function readWords(args: readonly string[], names: readonly string[]): { words: readonly string[] } {
  const { positionals: words } = parse({ args: [...args], options: {}, strict: true, allowPositionals: true })
  if (words.length !== names.length) throw new UsageError(`Give ${names.map((name) => `one ${name}`).join(' and ')}.`)
  return { words }
}

function parse<const T extends Parameters<typeof parseArgs>[0]>(
  config: T,
): ReturnType<typeof parseArgs<NonNullable<T>>> {
  try {
    return parseArgs(config) as never
  } catch (error) {
    const isOurs = error instanceof TypeError && String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
    throw isOurs ? new UsageError(`${error.message.replace(/[.\s]+$/, '')}.`) : error
  }
}
