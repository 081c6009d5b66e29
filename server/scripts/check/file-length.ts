import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const mostLines = 400 // past this a file holds more than one noun: split it by noun

/** Source files of the server that have grown too long, one complaint each. */
export async function findLongFiles(root: string): Promise<string[]> {
  const complaints: string[] = []
  for await (const file of glob('server/src/**/*.ts', { cwd: root })) {
    const lines = (await readFile(join(root, file), 'utf8')).trimEnd().split('\n').length
    if (lines > mostLines) complaints.push(`${file} has ${lines} lines, more than ${mostLines}`)
  }
  return complaints.sort()
}
