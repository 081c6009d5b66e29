/**
 * Whether questions take the same time to answer: one of each kind in turn, so that whatever else the machine does falls on all
 * alike, and the differences within a turn compared. One commit more, or one hash, is many times what is let pass.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Answer } from './start-server.ts'

const PAIRS = 200
/** Where the same is asked of another database too. So few may also be apart by chance: that much is let pass. */
export const FEW = 60
const WARM_UP = 20
/** How often each question is asked in a round. */
export const turnsOf = (pairs: number = PAIRS): number => pairs + WARM_UP

export type Round = 'first' | 'second'
/** Asks the question of this turn. */
export type Ask = (turn: number) => Promise<Pick<Answer, 'status' | 'milliseconds'>>
/** By title; the first one is what the others are compared with. */
export type Questions = Readonly<Record<string, Ask>>

type Compared = { title: string; apart: number; isApart: boolean }

/**
 * Apart is what is so twice, in the same direction: once may be the neighbours of a busy machine.
 *
 * @param prepare makes what a round asks about
 */
export async function expectSameTime(
  t: TestContext,
  status: number,
  prepare: (round: Round) => Questions | Promise<Questions>,
  pairs = PAIRS,
): Promise<void> {
  const first = await compare(t, status, await prepare('first'), pairs)
  if (!first.some(({ isApart }) => isApart)) return
  const second = await compare(t, status, await prepare('second'), pairs)
  const twice = second.filter(({ isApart, apart }, index) => {
    const before = first[index]
    return isApart && before?.isApart && Math.sign(apart) === Math.sign(before.apart)
  })
  assert.deepEqual(twice, [], 'it takes another time, twice')
}

async function compare(t: TestContext, status: number, questions: Questions, pairs: number): Promise<Compared[]> {
  const times = await measure(status, Object.values(questions), turnsOf(pairs))
  const [usual = []] = times
  const median = medianOf(usual)
  const most = 0.04 * median + 0.15 // an insert more or less is 0.3 ms and more on any of the databases
  const [base, ...others] = Object.keys(questions)
  return others.map((title, index) => {
    const differences = (times[index + 1] ?? []).map((time, turn) => time - (usual[turn] ?? 0))
    const apart = medianOf(differences)
    const chance = chanceOf(differences, apart)
    const told = `${apart.toFixed(3)} ms longer, give or take ${chance.toFixed(3)}, of ${pairs}`
    t.diagnostic(`${base}: ${median.toFixed(2)} ms; ${title}: ${told}`)
    return { title, apart, isApart: Math.abs(apart) >= (pairs < PAIRS ? Math.max(most, CHANCES * chance) : most) }
  })
}

const CHANCES = 3

/** The standard error of a median: 1.2533 standard deviations by the root of their number, and 1.4826 median deviations are one. */
function chanceOf(differences: readonly number[], median: number): number {
  const deviation = 1.4826 * medianOf(differences.map((one) => Math.abs(one - median)))
  return (1.2533 * deviation) / Math.sqrt(differences.length)
}

/** @returns of each question its times in milliseconds, turn by turn */
async function measure(status: number, asks: readonly Ask[], turns: number): Promise<number[][]> {
  const times: number[][] = asks.map(() => [])
  for (let turn = 0; turn < turns; turn++) {
    for (let place = 0; place < asks.length; place++) {
      const index = (turn + place) % asks.length // who is first changes
      const answer = await asks[index]?.(turn)
      assert.equal(answer?.status, status)
      if (turn >= WARM_UP) times[index]?.push(answer?.milliseconds ?? 0)
    }
  }
  return times
}

const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
