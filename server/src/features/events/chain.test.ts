import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { CHAIN_BEGINS, chain, hashOf } from './chain.ts'
import type { KeptEvent } from './event.ts'

const full: KeptEvent = {
  position: 7,
  id: '0123456789abcdef0123456789abcdef',
  type: 'sign-in.succeeded',
  occurredAt: 1795435200250,
  userId: 42,
  actorKind: 'operator',
  actorId: 43,
  sessionId: 'fedcba9876543210fedcba9876543210',
  clientId: 'app "é"',
  result: 'success',
  reason: 'logout',
  data: '{"amr":"pwd"}',
  originSealed: 'b3JpZ2lu',
  personalSealed: 'cGVyc29uYWw',
}
const bare: KeptEvent = {
  ...full,
  position: 8,
  id: 'f'.repeat(32),
  userId: null,
  actorKind: 'system',
  actorId: null,
  sessionId: null,
  clientId: null,
  reason: null,
  data: '{}',
  originSealed: null,
  personalSealed: null,
}

const HASH_OF_FULL = '35c61bb50b39fbfd3d4d72c6329b987203a3c66fcd167a600dd082c715515861'
const HASH_OF_BARE = '16ef608a509a606474d659e8c632d7ac0cdeac60911d46b50b589a1fa67ce864'

// The form that docs/adr/0019 describes, written out: what was hashed in this way must be found whole for ever.
const vectors: readonly (readonly [text: string, hash: string])[] = [
  [
    `["samurai-auth event 1","${'0'.repeat(64)}",1,7,"0123456789abcdef0123456789abcdef","sign-in.succeeded",1795435200250,42,` +
      `"operator",43,"fedcba9876543210fedcba9876543210","app \\"é\\"","success","logout","{\\"amr\\":\\"pwd\\"}","b3JpZ2lu","cGVyc29uYWw"]`,
    HASH_OF_FULL,
  ],
  [
    `["samurai-auth event 1","${HASH_OF_FULL}",2,8,"${'f'.repeat(32)}","sign-in.succeeded",1795435200250,null,` +
      `"system",null,null,null,"success",null,"{}",null,null]`,
    HASH_OF_BARE,
  ],
]

test('the hash of an event is that of the text in ADR 19, whatever it holds', () => {
  for (const [text, hash] of vectors) assert.equal(createHash('sha256').update(text, 'utf8').digest('hex'), hash)
  assert.equal(hashOf(CHAIN_BEGINS.hash, 1, full), HASH_OF_FULL)
  assert.deepEqual(
    chain(CHAIN_BEGINS, [full, bare]).map(({ sequence, hash }) => [sequence, hash]),
    [
      [1, HASH_OF_FULL],
      [2, HASH_OF_BARE],
    ],
  )
})
