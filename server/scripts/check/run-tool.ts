import { spawn } from 'node:child_process'

/**
 * Runs a JavaScript or TypeScript tool with this same Node.
 * @param command path of the tool below `root`, then its arguments
 * @returns nothing if it exits with 0, otherwise what it printed
 */
export async function complaintsOf(root: string, command: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject).once('close', resolve)
  const code = await promise
  return code === 0 ? [] : [output.trim() || `${command[0]} ended with ${code}`]
}
