/** The command line as an operator uses it: a process of its own, with an environment of its own. */
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Ended, type Launched, launchProcess } from './start-process.ts'

export type Environment = Readonly<Record<string, string>>

const entry = join(import.meta.dirname, '../src/cli/main.ts')

/** Runs a command to its end. */
export async function runCommand(t: TestContext, environment: Environment, words: readonly string[]): Promise<Ended> {
  return (await startCommand(t, environment, words)).ended
}

export function startCommand(t: TestContext, environment: Environment, words: readonly string[]): Promise<Launched> {
  return launchProcess(t, { environment, command: [process.execPath, entry, ...words] })
}
