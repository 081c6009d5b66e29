/**
 * A process beside a database server that outlives us by a moment: when its input ends, because we said so or because
 * we are no more (kill -9 included), it ends the server and removes the folder. So there is one way to end, not two.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Account } from './installed.ts'

export type Watchdog = {
  /** From now on this process group is the one to end; undefined when there is none. */
  guard(group: number | undefined): void
  /** Ends what it guards, and the folder, and itself. */
  stop(): Promise<void>
}

// Where process 1 never collects the dead, as in some containers, a zombie stays: it counts as ended.
const script = `
  lives() { kill -s 0 -- "-$group" && ! grep -q '^State:[[:space:]]*Z' "/proc/$group/status"; }
  group=
  while read -r line; do group=$line; done
  if [ -n "$group" ]; then
    kill -s "$2" -- "-$group"
    tries=50
    while [ $tries -gt 0 ] && lives; do sleep 0.1; tries=$((tries - 1)); done
    kill -s KILL -- "-$group"
  fi
  tries=50
  until rm -rf "$1" || [ $tries -eq 0 ]; do sleep 0.1; tries=$((tries - 1)); done
`

export function startWatchdog(folder: string, signal: 'SIGKILL' | 'SIGQUIT', account: Account | undefined): Watchdog {
  const watchdog = spawn('/bin/sh', ['-c', script, 'database-watchdog', folder, signal.slice('SIG'.length)], {
    ...account,
    cwd: '/',
    detached: true, // Ctrl-C at the terminal is for us; we end it
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watchdog.unref()
  const input = watchdog.stdin as Socket // a child's pipe is one; only the type does not say so
  input.unref()
  return {
    guard: (group) => void input.write(`${group ?? ''}\n`),
    stop: async () => {
      watchdog.ref()
      const ended = once(watchdog, 'exit')
      input.end()
      if (watchdog.exitCode === null && watchdog.signalCode === null) await ended
    },
  }
}
