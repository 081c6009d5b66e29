import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const introduction = `# Commands

\`node bin/samurai-auth.js <command>\` in the folder of the service, with the settings that the service has (the environment and \`.env\`).

Exit codes: 0 done · 1 failed · 2 called wrongly · 3 done in part, or something is missing (each command says what).`

/** docs/reference/cli.md: what the command line says about itself. */
export async function renderCliMarkdown(root: string): Promise<string> {
  const overview = await ask(root, 'help')
  const names = [...overview.matchAll(/^ {2}([a-z][a-z-]*(?: [a-z][a-z-]*)*)/gm)].map(([, name = '']) => name)
  const sections = await Promise.all(
    names.map(async (name) => section(name, await ask(root, ...name.split(' '), '--help'))),
  )
  return `${[introduction, ...sections].join('\n\n')}\n`
}

async function ask(root: string, ...words: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'bin/samurai-auth.js'), ...words], { cwd: root })
  return stdout.trimEnd()
}

/** The first line of a command's help is how it is called. */
function section(name: string, help: string): string {
  const [usage = '', ...rest] = help.split('\n')
  return `## ${name}\n\n\`\`\`sh\n${usage}\n\`\`\`\n${rest.join('\n').trimEnd()}`
}
