import type { Setting } from '../../src/settings/setting.ts'
import { settings } from '../../src/settings/table.ts'

const introduction = `# Configuration

Everything is an environment variable. A file \`.env\` in the working folder is read too; the environment comes before it.
A value that is wrong stops the start with the name of the variable and what it should be. \`.env.example\` lists what is
usually set.`

/** docs/reference/config.md */
export function renderConfigMarkdown(): string {
  const rows = Object.values(settings).map(rowOf)
  return `${introduction}\n\n| variable | default | unit | what for |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

function rowOf({ names, fallback = '', unit = '', reason, secret }: Setting<unknown>): string {
  const [name, ...others] = names.map((one) => `\`${one}\``)
  const variable = others.length > 0 ? `${name} (or ${others.join(', ')})` : name
  const meaning = `${reason}${secret ? ' Secret.' : ''}`.replaceAll('|', '\\|')
  return `| ${variable} | ${fallback} | ${unit} | ${meaning} |`
}
