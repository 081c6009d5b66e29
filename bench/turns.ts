/** A turn is one round of every lane. Which turns count is decided by how quiet the machine was, never by how fast a server was. */
import type { LaneName } from './lanes.ts'
import type { Round } from './measure.ts'
import type { Disturbance } from './watch-machine.ts'

export type Turn = ReadonlyMap<LaneName, Round>

const QUIET_PERCENT = 10

/** As many quiet turns as were asked for have been taken, or twice as many turns of any kind. */
export function areEnough(turns: readonly Turn[], wanted: number): boolean {
  const quiet = turns.filter((turn) => [...turn.values()].every(isQuiet))
  return quiet.length >= wanted || turns.length >= 2 * wanted
}

/** The rounds of the quietest turns by lane, in the order in which they were taken. */
export function quietest(turns: readonly Turn[], wanted: number): Partial<Record<LaneName, Round[]>> {
  const kept = new Set(turns.toSorted((one, other) => disturbance(one) - disturbance(other)).slice(0, wanted))
  const rounds: Partial<Record<LaneName, Round[]>> = {}
  for (const [name, round] of turns.filter((turn) => kept.has(turn)).flatMap((turn) => [...turn])) {
    rounds[name] = [...(rounds[name] ?? []), round]
  }
  return rounds
}

export function isQuiet(round: Disturbance): boolean {
  return elsewhere(round) <= QUIET_PERCENT
}

/** Whether most of them were: a median stands as long as they do. */
export function wereQuiet(rounds: readonly Disturbance[]): boolean {
  return rounds.filter(isQuiet).length > rounds.length / 2
}

/** The part of the machine's time that went elsewhere. */
const elsewhere = (round: Disturbance): number => round.stealPercent + round.othersPercent

const disturbance = (turn: Turn): number => Math.max(...[...turn.values()].map(elsewhere))
