import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOf, lastEndOf, tokenEndsOf } from './lifetimes.ts'

const OPENED = 1_800_000_000_000
const lifetimes = {
  accessTokenSeconds: 100,
  sessionIdleSeconds: 1000,
  sessionAbsoluteSeconds: 10_000,
  refreshGraceSeconds: 10,
}
const after = (seconds: number) => OPENED + seconds * 1000

test('a session is over after its absolute lifetime, however often it is refreshed', () => {
  assert.equal(lastEndOf(OPENED, lifetimes), after(10_000))
  assert.equal(endOf({ openedAt: OPENED, expiresAt: after(9_000) }, lifetimes), after(9_000))
  assert.equal(endOf({ openedAt: OPENED, expiresAt: after(11_000) }, lifetimes), after(10_000))
})

const rows: [why: string, at: number, refreshEnd: number, accessEnd: number][] = [
  ['at the beginning, tokens have their whole life', 0, 1000, 110],
  ['later too', 5000, 6000, 5110],
  ['a refresh token does not outlive the session', 9500, 10_000, 9610],
  ['nor does an access token', 9990, 10_000, 10_000],
]
for (const [why, at, refreshEnd, accessEnd] of rows) {
  test(why, () => {
    const ends = { expiresAt: after(refreshEnd), accessExpiresAt: after(accessEnd) }
    assert.deepEqual(tokenEndsOf(after(at), OPENED, lifetimes), ends)
  })
}

test('a session that is idle for less long than an access token lives ends its access tokens with it', () => {
  const { expiresAt, accessExpiresAt } = tokenEndsOf(OPENED, OPENED, { ...lifetimes, sessionIdleSeconds: 60 })
  assert.deepEqual([expiresAt, accessExpiresAt], [after(60), after(60)])
})
