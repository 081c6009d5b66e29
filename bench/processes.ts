/** What Linux knows about processes: who belongs to whom, how much processor time and memory they took. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ is 100 on every Linux that Node runs on: /proc/<pid>/stat counts in steps of 10 ms. */
const TICK_MS = 10
const MEGABYTE = 1024

export type Memory = { processes: number; rssMb: number; pssMb: number; largestRssMb: number }

type Stat = { parent: number; cpuMs: number }

/** A process and all that descend from it. */
export function familyOf(root: number): number[] {
  const parents = new Map(runningPids().map((pid) => [pid, statOf(pid)?.parent]))
  const family = [root]
  for (const member of family) {
    for (const [pid, parent] of parents) if (parent === member) family.push(pid)
  }
  return family
}

/** Processor time (user and system) of the processes so far, and of their children that have ended. */
export function cpuMsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (statOf(pid)?.cpuMs ?? 0), 0)
}

/** Memory of the processes: RSS counts shared pages in each of them, PSS shares them out. */
export function memoryOf(pids: readonly number[]): Memory {
  const sizes = pids.map(rollupOf)
  const total = (key: 'rss' | 'pss') => sizes.reduce((sum, size) => sum + size[key], 0) / MEGABYTE
  const largestRssMb = Math.max(...sizes.map((size) => size.rss)) / MEGABYTE
  return { processes: pids.length, rssMb: total('rss'), pssMb: total('pss'), largestRssMb }
}

/** Time of the whole machine, all cores together: what passed, what somebody worked, what the hypervisor gave away. */
export function machineMs(): { passed: number; worked: number; stolen: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1).join('')
  // The fields of the first line, see proc_stat(5); guest time, which would follow, is in user time already.
  const [user = 0, nice = 0, system = 0, idle = 0, disk = 0, interrupts = 0, softInterrupts = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) * TICK_MS)
  const worked = user + nice + system + interrupts + softInterrupts
  return { passed: worked + idle + disk + stolen, worked, stolen }
}

function runningPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function statOf(pid: number): Stat | undefined {
  const text = textOf(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The second field is the command in brackets and may hold blanks: count from its end. See proc_pid_stat(5).
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [parent = 0] = fields.slice(1)
  const cpuTicks = fields.slice(11, 15).reduce((sum, field) => sum + field, 0)
  return { parent, cpuMs: cpuTicks * TICK_MS }
}

function rollupOf(pid: number): { rss: number; pss: number } {
  const text = textOf(`/proc/${pid}/smaps_rollup`) ?? ''
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { rss: kilobytes('Rss'), pss: kilobytes('Pss') }
}

/** A process may end between being listed and being read: then there is nothing to add. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
