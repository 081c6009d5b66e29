/** On what, and of what, a result was measured. */
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, totalmem } from 'node:os'

/** `mariadb`: its version, where it took part. */
export type Machine = { processor: string; cores: number; memoryGb: number; node: string; mariadb?: string }

export function describeMachine(mariadb?: string): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    ...(mariadb ? { mariadb } : {}),
  }
}

export function nameMachine({ processor, cores, memoryGb, node, mariadb }: Machine): string {
  const database = mariadb ? `, MariaDB ${mariadb}` : ''
  return `${processor}, ${cores} cores, ${memoryGb} GB; Node ${node}${database}.`
}

/** The short name of the commit, with `-changed` if the working tree differs from it (older results aside); `uncommitted` before the first one. */
export function describeCommit(): string {
  try {
    const name = git('rev-parse', '--short', 'HEAD')
    return git('status', '--porcelain', '--', ':/', ':(top,exclude)bench/results') === '' ? name : `${name}-changed`
  } catch {
    return 'uncommitted'
  }
}

function git(...args: string[]): string {
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
  return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio }).trim()
}
