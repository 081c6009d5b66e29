import { readdir, readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'

const NICENESS = 8 // a sixth of the thread that answers, where both want one core; all of it where they do not
const POOL_THREAD = 'libuv-worker' // as Node.js 26 names the threads of its pool

/**
 * Lets the threads that hash passwords step back behind the one that answers: a hash may be late by a millisecond, but while
 * more logins arrive than can be hashed, every token that is verified would wait for a turn on the processor. Not further:
 * at 15 verify was no quicker, and where other work kept the cores busy a login took a minute. Linux only: there a thread
 * has a niceness of its own, and raising it needs no rights.
 */
export async function lowerPoolThreads(): Promise<void> {
  if (process.platform !== 'linux') return
  const threads = await readdir('/proc/self/task') // by the pool, all of whose threads begin at its first use
  for (const thread of threads) {
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '') // it has ended meanwhile
    if (name.trim() === POOL_THREAD) setPriority(Number(thread), NICENESS)
  }
}
