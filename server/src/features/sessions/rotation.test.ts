import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decideRotation, type RotationDecision } from './rotation.ts'

const NOW = 1_800_000_000_000
const GRACE_SECONDS = 10
const lifetimes = {
  accessTokenSeconds: 3600,
  sessionIdleSeconds: 86_400,
  sessionAbsoluteSeconds: 864_000,
  refreshGraceSeconds: GRACE_SECONDS,
}
const session = {
  currentTokenId: 'current',
  parentTokenId: 'parent',
  openedAt: NOW - 90_000,
  rotatedAt: NOW - 3_000,
  endedAt: null,
  expiresAt: NOW + 60_000,
}

const rows: [
  title: string,
  tokenId: string,
  change: Partial<typeof session> | { endedAt: number },
  decision: RotationDecision,
][] = [
  ['the current refresh token rotates the session', 'current', {}, 'rotate'],
  [
    'the first refresh token of a session rotates it',
    'current',
    { parentTokenId: null, rotatedAt: null } as never,
    'rotate',
  ],
  ['the direct parent within the grace window repeats: the answer was lost', 'parent', {}, 'repeat'],
  ['of two at once, the one that lost is the parent now and repeats', 'parent', { rotatedAt: NOW }, 'repeat'],
  [
    'a parent from a moment ahead, by the clock of another machine, repeats',
    'parent',
    { rotatedAt: NOW + 5 },
    'repeat',
  ],
  ['the direct parent at the very end of the window repeats', 'parent', { rotatedAt: NOW - 10_000 }, 'repeat'],
  ['the direct parent a millisecond later is a reuse', 'parent', { rotatedAt: NOW - 10_001 }, 'reuse'],
  ['a grandparent is a reuse, even within the window', 'grandparent', {}, 'reuse'],
  ['a sibling, which another request signed and nobody was given, is a reuse', 'sibling', {}, 'reuse'],
  ['a token id of no generation is a reuse', '', {}, 'reuse'],
  [
    'nothing is a parent where there was no rotation',
    'parent',
    { parentTokenId: null, rotatedAt: null } as never,
    'reuse',
  ],
  ['the current token of an ended session gets nothing', 'current', { endedAt: NOW - 1 }, 'ended'],
  ['nor after its user was disabled, which ends it', 'current', { endedAt: NOW }, 'ended'],
  ['a grandparent in an ended session is no reuse', 'grandparent', { endedAt: NOW - 1 }, 'ended'],
  ['the parent in an ended session is no reuse: there is nothing left to end', 'parent', { endedAt: NOW - 1 }, 'ended'],
  ['an expired session gives nothing', 'current', { expiresAt: NOW }, 'expired'],
  ['nor does the parent in one', 'parent', { expiresAt: NOW }, 'expired'],
  ['a session gives nothing after its absolute lifetime', 'current', { openedAt: NOW - 864_000_000 }, 'expired'],
  ['and rotates up to it', 'current', { openedAt: NOW - 863_999_999 }, 'rotate'],
]

describe('what a refresh token may still do', () => {
  for (const [title, tokenId, change, decision] of rows) {
    it(title, () => {
      assert.equal(decideRotation({ ...session, ...change } as never, tokenId, NOW, lifetimes), decision)
    })
  }

  it('without a grace window, the direct parent repeats in no later millisecond', () => {
    const closed = { ...lifetimes, refreshGraceSeconds: 0 }
    assert.equal(decideRotation({ ...session, rotatedAt: NOW - 1 }, 'parent', NOW, closed), 'reuse')
  })
})
