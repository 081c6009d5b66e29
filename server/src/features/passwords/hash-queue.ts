/** The queue before the hashes: each costs a core and megabytes for a while, so few run at a time and few wait. */
import type { Clock } from '../../platform/clock.ts'
import { refused } from '../../platform/refusal.ts'

export type HashQueue = {
  /**
   * Runs `work` in one slot, first come, first served. The slot is free again when `work` has settled.
   *
   * @throws Refusal 'too-busy' { retryAfterSeconds } when too many wait already
   */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Whether `run` would take somebody now. @throws Refusal 'too-busy' { retryAfterSeconds } where it would not */
  expectRoom(): void
}

const MEAN_OVER = 16 // recent enough to follow a change of load, steady enough to survive one slow hash

/** @param limits how many run at a time, and how many more may wait */
export function createHashQueue(clock: Clock, limits: { concurrency: number; waiting: number }): HashQueue {
  const waiting: (() => void)[] = []
  let running = 0
  let meanMilliseconds: number | undefined

  async function run<T>(work: () => Promise<T>): Promise<T> {
    await enter()
    const startedAt = clock.now()
    try {
      return await work()
    } finally {
      learn(clock.now() - startedAt)
      leave()
    }
  }

  async function enter(): Promise<void> {
    expectRoom()
    if (running < limits.concurrency) {
      running++
      return
    }
    await new Promise<void>((admit) => waiting.push(admit))
  }

  function expectRoom(): void {
    const isFull = running >= limits.concurrency && waiting.length >= limits.waiting
    if (isFull) throw refused('too-busy', { retryAfterSeconds: secondsToDrain() })
  }

  // The slot is handed to whoever waits longest; it is never free in between, so nobody can overtake.
  function leave(): void {
    const admitNext = waiting.shift()
    if (admitNext) admitNext()
    else running--
  }

  function learn(milliseconds: number): void {
    const taken = Math.max(0, milliseconds) // the clock may be set back
    meanMilliseconds =
      meanMilliseconds === undefined ? taken : meanMilliseconds + (taken - meanMilliseconds) / MEAN_OVER
  }

  function secondsToDrain(): number {
    return Math.max(1, Math.ceil((waiting.length * (meanMilliseconds ?? 0)) / limits.concurrency / 1000))
  }

  return { run, expectRoom }
}
