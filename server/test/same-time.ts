/**
 * Whether questions take the same time to answer: one of each kind in turn, so that whatever else the machine does falls on all
 * alike, and the differences within a turn compared. One commit more, or one hash, is many times what is let pass.
 */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Answer } from './start-server.ts'

const PAIRS = 200
const WARM_UP = 20
/** How often each question is asked in a round. */
export const TURNS = PAIRS + WARM_UP

export type Round = 'first' | 'second'
/** Asks the question of this turn. */
export type Ask = (turn: number) => Promise<Answer>
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
): Promise<void> {
  const first = await compare(t, status, await prepare('first'))
  if (!first.some(({ isApart }) => isApart)) return
  const second = await compare(t, status, await prepare('second'))
  const twice = second.filter(({ isApart, apart }, index) => {
    const before = first[index]
    return isApart && before?.isApart && Math.sign(apart) === Math.sign(before.apart)
  })
  assert.deepEqual(twice, [], 'it takes another time, twice')
}

async function compare(t: TestContext, status: number, questions: Questions): Promise<Compared[]> {
  const times = await measure(status, Object.values(questions))
  const [usual = []] = times
  const median = medianOf(usual)
  const most = 0.04 * median + 0.15 // an insert more or less is 0.3 ms and more on any of the databases
  const [base, ...others] = Object.keys(questions)
  return others.map((title, index) => {
    const apart = medianOf((times[index + 1] ?? []).map((time, turn) => time - (usual[turn] ?? 0)))
    t.diagnostic(`${base}: ${median.toFixed(2)} ms; ${title}: ${apart.toFixed(3)} ms longer, of ${PAIRS}`)
    return { title, apart, isApart: Math.abs(apart) >= most }
  })
}

/** @returns of each question its times in milliseconds, turn by turn */
async function measure(status: number, asks: readonly Ask[]): Promise<number[][]> {
  const times: number[][] = asks.map(() => [])
  for (let turn = 0; turn < TURNS; turn++) {
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
