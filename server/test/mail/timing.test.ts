/** CVE-2026-26185, CVE-2024-41952: how long it takes tells nobody whether an address is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, type TestServer } from '../start-server.ts'
import { browser, checkCode, write } from './codes.ts'

const PAIRS = 200

test('a code is sent to an address that somebody has, and not to one that nobody has, in the same time', async (t) => {
  const s = await startServer(t)
  await compare(t, (isKnown, turn) => {
    const address = `${isKnown ? 'known' : 'other'}${turn}@example.com`
    return write(s, { purpose: 'recover-password', address, ...(!isKnown && { isDecoy: true, userId: null }) })
  })
})

test('a wrong code of either is refused in the same time', async (t) => {
  const s = await startServer(t)
  for (let turn = 0; turn < PAIRS; turn++) {
    await write(s, { address: `known${turn}@example.com` })
    await write(s, { address: `other${turn}@example.com`, isDecoy: true, userId: null })
  }
  await compare(t, (isKnown, turn) =>
    checkCode(s, 'wrong!', { address: `${isKnown ? 'known' : 'other'}${turn}@example.com` }),
  )
})

test('the owner of a taken address is told, and nobody of a free one, in the same time', async (t) => {
  const s = await startServer(t)
  await compare(t, (isKnown, turn) => notify(s, `${isKnown ? 'known' : 'other'}${turn}@example.com`, !isKnown))
})

function notify({ service: { database, email } }: TestServer, to: string, isDecoy: boolean): Promise<void> {
  const notice = {
    message: 'address-taken',
    to,
    userId: isDecoy ? null : 7,
    locale: null,
    origin: browser,
    isDecoy,
  } as const
  return database.transaction((tx) => email.notify(tx, notice))
}

/** Takes turns, so that whatever else the machine does falls on both. */
async function compare(
  t: { diagnostic(text: string): void },
  work: (isKnown: boolean, turn: number) => Promise<unknown>,
): Promise<void> {
  const times: Record<'known' | 'other', number[]> = { known: [], other: [] }
  for (let turn = 0; turn < PAIRS; turn++) {
    for (const isKnown of turn % 2 === 0 ? [true, false] : [false, true]) {
      const startedAt = performance.now()
      await work(isKnown, turn)
      times[isKnown ? 'known' : 'other'].push(performance.now() - startedAt)
    }
  }
  const [known, other] = [medianOf(times.known), medianOf(times.other)]
  t.diagnostic(`medians of ${PAIRS}: ${known.toFixed(2)} ms known, ${other.toFixed(2)} ms unknown`)
  assert.ok(Math.abs(known - other) < 0.25 * Math.max(known, other) + 0.2, `${known} ms and ${other} ms`)
}

const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
