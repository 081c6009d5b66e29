/** Our service on SQLite: how long it takes from start to the first answer, and how much memory it holds when idle. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startChild } from './child.ts'
import { comeToRest } from './measure.ts'
import { median } from './median.ts'
import { cpuMsOf, familyOf, type Memory, memoryOf } from './processes.ts'
import { ourProgram } from './services.ts'

const STARTS = 5

export type Footprint = {
  /** With a database that exists already. */
  startMs: number
  /** With none: the tables are made. */
  firstStartMs: number
  idle: Memory
}

export async function measureFootprint(folder: string): Promise<Footprint> {
  const place = { folder: join(folder, 'sqlite'), databaseUrl: '', processes: 1 }
  mkdirSync(place.folder)
  const program = ourProgram(place, await freePort())
  const starts: { startMs: number; idle: Memory }[] = []
  for (let start = 0; start <= STARTS; start += 1) {
    const { pid, startMs, stop } = await startChild(program)
    await comeToRest(() => cpuMsOf(familyOf(pid)))
    starts.push({ startMs, idle: memoryOf(familyOf(pid)) })
    await stop()
  }
  const [first, ...others] = starts
  const last = others.at(-1)
  if (!first || !last) throw new TypeError('two starts at least')
  return { startMs: median(others.map(({ startMs }) => startMs)), firstStartMs: first.startMs, idle: last.idle }
}
