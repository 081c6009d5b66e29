/** The secret key that the embedded database is given on its first start, kept beside it. */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from './config-error.ts'

export const STRONG_SECRET_KEY_CHARACTERS = 32 // 128 bits even when they are hexadecimal; NIST SP 800-131A asks for 112

/** Read from the folder, or made there. @throws ConfigError when it is damaged */
export function embeddedSecretKey(folder: string): string {
  const file = join(folder, 'secret.key')
  if (!existsSync(file)) makeSecretKey(folder, file)
  const secretKey = readFileSync(file, 'utf8').trim()
  if (secretKey.length < STRONG_SECRET_KEY_CHARACTERS)
    throw new ConfigError([`${file} is damaged: restore it, or set SECRET_KEY`])
  return secretKey
}

// Written aside and linked into its place: of several processes that start at once one makes the key, and the others
// never read half of it.
function makeSecretKey(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
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
