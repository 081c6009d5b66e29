/** The package as it is published, built into a folder of its own: what a browser gets is what is tested. */
import { execFile } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const sdk = join(import.meta.dirname, '..')
export const compiler = join(sdk, '../../node_modules/typescript/bin/tsc')

/** @returns the folder; remove it afterwards */
export async function buildPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-browser-'))
  const project = join(sdk, 'tsconfig.build.json')
  await promisify(execFile)(process.execPath, [compiler, '-p', project, '--outDir', folder])
  return folder
}

/** Where the package's front file is in that folder. */
export const frontFile = 'sdk/browser/src/index.js'
