import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readClaims } from './token-claims.ts'

const claims = { iat: 1_700_000_000, exp: 1_700_003_600, sid: 'a'.repeat(32), user_id: 7 }
const tokenOf = (payload: unknown) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`

test('the claims of a token are read, whatever else it has', () => {
  const read = readClaims(tokenOf({ ...claims, iss: 'https://auth.example.com/?>~ü', token_type: 'access' }))
  assert.deepEqual([read?.iat, read?.exp, read?.sid, read?.user_id], Object.values(claims))
})

const noTokens: [what: string, token: unknown][] = [
  ['nothing', undefined],
  ['a number', 7],
  ['an empty text', ''],
  ['a text without dots', 'abc'],
  ['a payload that is no base64', 'e30.?.x'],
  ['a payload that is no JSON', `e30.${Buffer.from('{').toString('base64url')}.x`],
  ['a payload that is null', tokenOf(null)],
  ['a payload that is a list', tokenOf([])],
  ['a token without sid, as the old service made them', tokenOf({ ...claims, sid: undefined })],
  ['a token with an empty sid', tokenOf({ ...claims, sid: '' })],
  ['a token without iat', tokenOf({ ...claims, iat: undefined })],
  ['a token that never lived', tokenOf({ ...claims, exp: claims.iat })],
  ['a token whose exp is a text', tokenOf({ ...claims, exp: '1700003600' })],
  ['a token whose user is a text', tokenOf({ ...claims, user_id: '7' })],
]

for (const [what, token] of noTokens) {
  test(`${what} is no token of the service`, () => assert.equal(readClaims(token), undefined))
}

test('any text is read or is no token', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json().map(tokenOf)), (text) => {
      assert.ok(['object', 'undefined'].includes(typeof readClaims(text)))
    }),
  )
})
