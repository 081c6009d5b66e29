/**
 * Node's test runner fails a file that takes too long, and then waits for its process. One that hears no signal would keep the
 * whole run waiting: it is named and killed here.
 */
import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 15_000
const MOST_MS = 8 * 60_000 // above --test-timeout, with time to end what the file has started

/** @param runner the process of the test runner; each of its children runs one file @returns how to stop looking */
export function endStuckFiles(runner: number): () => void {
  if (process.platform !== 'linux') return () => {} // elsewhere a person sees that nothing goes on
  const seenAt = new Map<number, number>()
  const timer = setInterval(() => {
    for (const child of childrenOf(runner)) {
      const since = seenAt.get(child) ?? performance.now()
      seenAt.set(child, since)
      if (performance.now() - since > MOST_MS) end(child)
    }
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

function end(child: number): void {
  console.log(`✖ killed, because it did not end: ${read(`/proc/${child}/cmdline`).split('\0').join(' ')}`)
  try {
    process.kill(child, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has ended just now
  }
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

/** Empty when the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
