/** Which tab may show which refresh token: the promises that the tabs of a browser rest on, in whatever order they write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMemoryEntries } from './entries.ts'
import type { StoredSession } from './session-entries.ts'
import { createSessionStore, type SessionStore } from './stored-session.ts'

const tokenOf = (sid: string, jti: number) =>
  `e30.${Buffer.from(JSON.stringify({ iat: 1, exp: 2, sid, user_id: 7, jti })).toString('base64url')}.x`
const sessionOf = (generation: number, sessionId = 'a'): StoredSession => ({
  sessionId,
  userId: 7,
  refreshToken: tokenOf(sessionId, generation),
  generation,
})

const nobody = () => false
const everybody = () => true

async function openStore(): Promise<SessionStore> {
  const store = createSessionStore(createMemoryEntries())
  await store.open(sessionOf(1))
  return store
}

async function claimed(store: SessionStore, mark: string, isGone: (mark: string) => boolean = nobody) {
  const claim = await store.claim(mark, isGone)
  assert.ok(claim.kind === 'claimed')
  return claim
}

test('of tabs that claim at once one has the token, and the others are told who', async () => {
  const store = await openStore()
  const claims = await Promise.all(['1', '2', '3'].map((mark) => store.claim(mark, nobody)))
  assert.deepEqual(
    claims.map((claim) => (claim.kind === 'busy' ? claim.by : claim.kind)),
    ['claimed', '1', '1'],
  )
})

test('of tabs that take the place of one that is gone one has it, too', async () => {
  const store = await openStore()
  await claimed(store, 'gone')
  const claims = await Promise.all(['1', '2'].map((mark) => store.claim(mark, (other) => other === 'gone')))
  assert.deepEqual(
    claims.map(({ kind }) => kind),
    ['claimed', 'busy'],
  )
})

test('a claim that is taken back late takes back nobody else’s', async () => {
  const store = await openStore()
  const late = await claimed(store, 'late')
  await claimed(store, 'next', everybody)
  await store.release(late)
  assert.equal((await store.claim('third', nobody)).kind, 'busy')
})

test('a claim that is taken back makes room, and keeps the token', async () => {
  const store = await openStore()
  await store.release(await claimed(store, '1'))
  assert.deepEqual((await claimed(store, '2')).session, sessionOf(1))
})

test('who claims after a rotation is given the new token', async () => {
  const store = await openStore()
  await claimed(store, '1')
  assert.equal(await store.advance(sessionOf(2)), true)
  assert.deepEqual((await claimed(store, '2')).session, sessionOf(2))
})

test('an answer that is stored late overwrites nothing that came since', async () => {
  const store = await openStore()
  await store.advance(sessionOf(2))
  await store.advance(sessionOf(3))
  assert.equal(await store.advance(sessionOf(2)), true)
  assert.deepEqual(await store.read(), sessionOf(3))
})

test('an answer that is stored after the session was left brings nobody back, and leaves no token behind', async () => {
  const entries = createMemoryEntries()
  const store = createSessionStore(entries)
  await store.open(sessionOf(1))
  assert.deepEqual(await store.clear(), sessionOf(1))
  assert.equal(await store.advance(sessionOf(2)), false)
  assert.equal(await store.read(), undefined)
  assert.equal((await entries.change([])).after.size, 0)
})

test('nor does it after somebody else has signed in', async () => {
  const store = await openStore()
  assert.deepEqual(await store.open(sessionOf(1, 'b')), sessionOf(1))
  assert.equal(await store.advance(sessionOf(2, 'a')), false)
  assert.deepEqual(await store.read(), sessionOf(1, 'b'))
})

test('a token that was refused is removed, and a newer one is not', async () => {
  const store = await openStore()
  await store.advance(sessionOf(2))
  assert.deepEqual(await store.refuse(sessionOf(1)), sessionOf(2))
  assert.equal(await store.refuse(sessionOf(2)), undefined)
  assert.deepEqual(await store.claim('1', nobody), { kind: 'none' })
})

test('whatever tabs do in whatever order: one claim at a time is good, the generation never falls, little is stored', async () => {
  const step = fc.tuple(fc.constantFrom('claim', 'take over', 'finish', 'finish late', 'fail'), fc.nat(3))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const entries = createMemoryEntries()
      const store = createSessionStore(entries)
      await store.open(sessionOf(1))
      const claims = new Map<number, Awaited<ReturnType<typeof claimed>>>()
      let holder: number | undefined
      let newest = 1
      for (const [what, tab] of steps) {
        const claim = claims.get(tab)
        if (what === 'claim' || what === 'take over') {
          const next = await store.claim(String(tab), what === 'claim' ? nobody : everybody)
          if (what === 'claim') assert.equal(next.kind, holder === undefined ? 'claimed' : 'busy')
          if (next.kind !== 'claimed') continue
          assert.equal(next.session.generation, newest)
          claims.set(tab, next)
          holder = tab
        } else if (claim) {
          claims.delete(tab)
          const isHolder = holder === tab
          const { generation } = claim.session
          if (what === 'fail') await store.release(claim)
          else await store.advance(sessionOf(generation + 1))
          // Who finishes for a tab that has taken its place stores the same successor.
          if (isHolder || (what !== 'fail' && generation === newest)) holder = undefined
          if (what !== 'fail') newest = Math.max(newest, generation + 1)
        }
        assert.equal((await store.read())?.generation, newest)
        assert.ok((await entries.change([])).after.size <= 8)
      }
    }),
  )
})
