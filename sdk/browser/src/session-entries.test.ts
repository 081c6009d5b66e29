import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSession, staleKeys, toStoredSession } from './session-entries.ts'

const sessionId = 'a'.repeat(32)
const claims = { iat: 1_700_000_000, exp: 1_700_003_600, sid: sessionId, user_id: 7 }
const tokenOf = (payload: object) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`
const refreshToken = tokenOf(claims)
const current: [string, unknown] = ['current', { v: 1, sessionId }]
const token = (generation: number | string): [string, unknown] => [`token/${sessionId}/${generation}`, refreshToken]

test('the newest token of the current session counts, in whatever order they were written', () => {
  const found = findSession(new Map([token(10), token(9), current, token('x'), ['token/b/11', refreshToken]]))
  assert.deepEqual(found, { sessionId, userId: 7, refreshToken, generation: 10 })
})

const strangers: [what: string, entries: [string, unknown][]][] = [
  ['nothing', []],
  ['tokens without a session: it was left', [token(1)]],
  ['a session without tokens: the last one was refused', [current]],
  ['what another version of the package wrote', [['current', { v: 2, sessionId }], token(1)]],
  ['something of another program', [['current', 'abc'], token(1)]],
  ['a token that is none', [current, [`token/${sessionId}/1`, 'a.b.c']]],
  ['a token of another session', [current, [`token/${sessionId}/1`, tokenOf({ ...claims, sid: 'b' })]]],
]
for (const [what, entries] of strangers) {
  test(`nobody's session: ${what}`, () => {
    assert.equal(findSession(new Map(entries)), undefined)
  })
}

test('a token that is none is no stored session', () => {
  assert.equal(toStoredSession('a.b.c', 1), undefined)
})

test('what is older than the newest token is stale, and so is all of a session that was left', () => {
  const claimsOf = (generation: number): [string, unknown] => [`claim/${sessionId}/${generation}/1`, 'tab']
  const entries = [current, token(1), token(2), claimsOf(1), claimsOf(2), ['token/b/3', ''] as [string, unknown]]
  assert.deepEqual(staleKeys(new Map(entries)), [token(1)[0], claimsOf(1)[0], 'token/b/3'])
  assert.deepEqual(staleKeys(new Map([token(2), claimsOf(2)])), [token(2)[0], claimsOf(2)[0]])
  const ofAnotherVersion: [string, unknown] = ['current', { v: 2, sessionId }]
  assert.deepEqual(staleKeys(new Map([ofAnotherVersion, token(2)])), [token(2)[0]])
})
