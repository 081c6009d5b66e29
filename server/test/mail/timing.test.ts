/** CVE-2026-26185, CVE-2024-41952: how long it takes tells nobody whether an address is known. */
import { type TestContext, test } from 'node:test'
import { expectSameTime, turnsOf } from '../same-time.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { browser, checkCode, write } from './codes.ts'

test('a code is sent to an address that somebody has, and not to one that nobody has, in the same time', async (t) => {
  const s = await startServer(t)
  await compare(t, (address, isKnown) => write(s, { purpose: 'recover-password', address, ...decoyUnless(isKnown) }))
})

test('a wrong code of either is refused in the same time', async (t) => {
  const s = await startServer(t)
  await compare(
    t,
    (address) => checkCode(s, 'wrong!', { address }),
    (address, isKnown) => write(s, { address, ...decoyUnless(isKnown) }),
  )
})

test('the owner of a taken address is told, and nobody of a free one, in the same time', async (t) => {
  const s = await startServer(t)
  await compare(t, (address, isKnown) => notify(s, address, !isKnown))
})

const decoyUnless = (isKnown: boolean) => (isKnown ? {} : { isDecoy: true, userId: null })

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

/** @param prepare what each turn of a round needs to be there */
function compare(
  t: TestContext,
  work: (address: string, isKnown: boolean) => Promise<unknown>,
  prepare: (address: string, isKnown: boolean) => Promise<unknown> = async () => {},
): Promise<void> {
  return expectSameTime(t, 0, async (round) => {
    const addressOf = (isKnown: boolean, turn: number) => `${isKnown ? 'known' : 'other'}${turn}.${round}@example.com`
    for (let turn = 0; turn < turnsOf(); turn++)
      for (const isKnown of [true, false]) await prepare(addressOf(isKnown, turn), isKnown)
    const ask = (isKnown: boolean) => (turn: number) => timed(() => work(addressOf(isKnown, turn), isKnown))
    return { 'an unknown one': ask(false), 'a known one': ask(true) }
  })
}

/** As an answer of a server: without a status. */
async function timed(work: () => Promise<unknown>): Promise<{ status: number; milliseconds: number }> {
  const startedAt = performance.now()
  await work()
  return { status: 0, milliseconds: performance.now() - startedAt }
}
