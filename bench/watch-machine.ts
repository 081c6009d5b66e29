import { cpuMsOf, machineMs } from './processes.ts'

/** The part of the machine's time that went elsewhere: to other machines (steal) and to other programs. */
export type Disturbance = { stealPercent: number; othersPercent: number }

/**
 * Looks at the machine now.
 *
 * @param pids what is measured, and who measures; their children count once they have ended
 * @returns looks again, and tells what went elsewhere in between
 */
export function watchMachine(pids: () => readonly number[]): () => Disturbance {
  const read = () => ({ ...machineMs(), own: cpuMsOf(pids()) })
  const before = read()
  return () => {
    const after = read()
    const passed = after.passed - before.passed
    const others = after.worked - before.worked - (after.own - before.own)
    return {
      stealPercent: (100 * (after.stolen - before.stolen)) / passed,
      othersPercent: Math.max(0, (100 * others) / passed),
    }
  }
}
