/** `samurai-auth help`: the table of commands as text. */
import type { Command } from './command.ts'

export function helpText(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => callOf(command).length))
  const rows = commands.map((command) => `  ${callOf(command).padEnd(width)}  ${command.summary}`)
  return [
    'samurai-auth <command>',
    '',
    ...rows,
    '',
    'Settings come from the environment and from .env. More about a command: samurai-auth <command> --help',
  ].join('\n')
}

export function commandHelp(command: Command): string {
  return [`samurai-auth ${callOf(command)}`, '', command.summary, ...(command.details ?? [])].join('\n')
}

function callOf({ name, takes }: Command): string {
  return `${name} ${takes}`.trim()
}
