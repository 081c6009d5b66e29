import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideImport } from './import-tokens.ts'

const NOW = 1_000_000
const token = { currentTokenId: 'j', expiresAt: NOW + 1 }
const open = { currentTokenId: 'j', endedAt: null }
const rotated = { currentTokenId: 'k', endedAt: null }
const ended = { currentTokenId: 'j', endedAt: NOW - 1 }

const decisions: readonly [string, boolean, typeof open | typeof ended | undefined, string][] = [
  ['one that may be used and is not here becomes an open session', false, undefined, 'open'],
  ['one that has ended and is not here becomes an ended session', true, undefined, 'ended'],
  ['one that has ended ends the session that is here with it', true, open, 'end'],
  ['one that has ended does not end a session that was rotated here', true, rotated, 'unchanged'],
  ['a session that ended here stays so', true, ended, 'unchanged'],
  ['a session that ended here is not opened again', false, ended, 'unchanged'],
  ['a session that was rotated here stays so', false, rotated, 'unchanged'],
  ['a session that is open here stays so', false, open, 'unchanged'],
]
for (const [title, hasEnded, here, decision] of decisions) {
  test(`of the old refresh tokens, ${title}`, () => {
    assert.equal(decideImport(token, hasEnded, here, NOW), decision)
  })
}

test('an old refresh token that expires now is worth nothing', () => {
  assert.equal(decideImport({ ...token, expiresAt: NOW }, false, undefined, NOW), 'expired')
  assert.equal(decideImport({ ...token, expiresAt: NOW }, true, open, NOW), 'expired')
})
