import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecord } from './stored-session.ts'

const refresh = `e30.${btoa(JSON.stringify({ iat: 1, exp: 2, sid: 's', user_id: 7 }))}.x`

test('a record names session, user, refresh token and generation', () => {
  assert.deepEqual(parseRecord(JSON.stringify({ v: 1, generation: 3, refresh })), {
    sessionId: 's',
    userId: 7,
    refreshToken: refresh,
    generation: 3,
  })
})

const strangers: [what: string, text: string][] = [
  ['no JSON', '{'],
  ['null', 'null'],
  ['a number', '7'],
  ['another version', JSON.stringify({ v: 2, generation: 3, refresh })],
  ['no generation', JSON.stringify({ v: 1, refresh })],
  ['half a generation', JSON.stringify({ v: 1, generation: 0.5, refresh })],
  ['no token', JSON.stringify({ v: 1, generation: 3, refresh: 'a.b.c' })],
]

for (const [what, text] of strangers) {
  test(`${what} is nobody's session`, () => assert.equal(parseRecord(text), undefined))
}
