/** Which database servers this machine has, and which account may run them. */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { ServerKind } from './create-database.ts'

export type Account = { readonly uid: number; readonly gid: number }

const neededPrograms: Record<ServerKind, readonly string[]> = {
  mysql: ['mariadbd', 'mariadb-install-db'],
  postgres: ['postgres', 'initdb'],
}

/** Whether the programs of that server are on this machine. */
export function isInstalled(kind: ServerKind): boolean {
  return neededPrograms[kind].every((program) => findProgram(kind, program) !== undefined)
}

/**
 * The full path of a program.
 * @throws Error that says how to install it
 */
export function getProgram(kind: ServerKind, program: string): string {
  const path = findProgram(kind, program)
  if (path === undefined) throw new Error(`${program} is not installed: npm run services`)
  return path
}

/**
 * The account that a server runs as: postgres refuses root, and MariaDB should not have it either.
 * @returns undefined where this process is nobody special: then the server runs as ourselves
 */
export function getAccount(kind: ServerKind): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: idOf(kind, '-u'), gid: idOf(kind, '-g') } // Debian calls the accounts mysql and postgres, as we the kinds
}

function idOf(account: string, flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, account], { encoding: 'utf8' }))
}

function findProgram(kind: ServerKind, program: string): string | undefined {
  return programFolders[kind]()
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))
}

const programFolders: Record<ServerKind, () => string[]> = {
  mysql: () => ['/usr/sbin', '/usr/bin', ...pathFolders()],
  // All programs of PostgreSQL from one folder: Debian's newest, before whatever else is called postgres on the path.
  postgres: () => [...newestFirst(globSync('/usr/lib/postgresql/*/bin')), ...pathFolders().filter(hasInitdb)],
}

function hasInitdb(folder: string): boolean {
  return existsSync(join(folder, 'initdb'))
}

function newestFirst(folders: string[]): string[] {
  return folders.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter)
}
