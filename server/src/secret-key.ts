import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** The secret key in a file that only its owner can read (mode 0600); made where there is none. */
export function readOrMakeSecretKey(file: string): string {
  if (!existsSync(file)) makeSecretKey(file)
  return readFileSync(file, 'utf8').trim()
}

// Written aside and linked into its place: of several processes that start at once one makes the key, and the others
// never read half of it.
function makeSecretKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  try {
    writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
