/** What tokens say of roles: APIs decide by it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { claimsOf, isGood, join, type Person, refresh, signIn, type TokenPair } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const held = ({ access }: { access: string }) => {
  const { roles, permissions } = claimsOf(access)
  return { roles, permissions }
}
const nothing = { roles: undefined, permissions: undefined }
const AT_ONCE = 20

for (const { kind, name } of databases()) {
  test(`roles and permissions are claims of access tokens on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const { lifecycle } = s.service
    const ann = await join(s, 'ann')
    const grant = (role: string, isGranted = true) => lifecycle.changeRole({ userId: ann.id, role, isGranted })
    let pair: TokenPair = ann
    const next = async () => {
      pair = await refresh(s, pair.refresh)
      return held(pair)
    }
    await lifecycle.defineRole({ name: 'clerk', permissions: ['orders:write', 'orders:read'] })

    await t.test('that are absent while there are none', async () => {
      assert.deepEqual(held(ann), nothing)
      assert.deepEqual(await next(), nothing)
    })

    await t.test('a role that is given is in the tokens of the next refresh, and of the next sign-in', async () => {
      await grant('clerk')
      const expected = { roles: ['clerk'], permissions: ['orders:read', 'orders:write'] }
      assert.deepEqual(held(pair), nothing, 'what was signed stays as it is')
      assert.deepEqual(await next(), expected)
      assert.deepEqual(await next(), expected)
      assert.deepEqual(held(await signIn(s, ann.email)), expected)
    })

    await t.test('a repeated refresh says the same', async () => {
      const shown = pair.refresh
      const [one, other] = [await refresh(s, shown), await refresh(s, shown)]
      assert.deepEqual([held(one), other.refresh], [held(other), one.refresh])
      pair = one
    })

    await t.test('a role that holds something else by now does so at the next refresh', async () => {
      await lifecycle.defineRole({ name: 'clerk', permissions: ['orders:read'] })
      assert.deepEqual(await next(), { roles: ['clerk'], permissions: ['orders:read'] })
    })

    await t.test('CVE-2024-46999: a role that is taken, or removed, is gone at the next refresh', async () => {
      await lifecycle.defineRole({ name: 'packer', permissions: ['parcels:read'] })
      await grant('packer')
      assert.deepEqual((await next()).roles, ['clerk', 'packer'])
      await grant('packer', false)
      assert.deepEqual((await next()).roles, ['clerk'])
      await lifecycle.removeRole('clerk')
      assert.deepEqual(await next(), nothing)
    })

    await t.test(
      'what would make a token too long is not said: it is good, and whoever asks for it is refused',
      async () => {
        const permissions = Array.from({ length: 90 }, (_, n) => `orders:${'x'.repeat(20)}${n}`)
        await lifecycle.defineRole({ name: 'everything', permissions })
        await grant('everything')
        assert.deepEqual(await next(), { roles: ['everything'], permissions: undefined })
        assert.equal(await isGood(s, pair.access), true)
        await lifecycle.removeRole('everything')
      },
    )

    await t.test('of somebody else are not touched by it', async () => {
      const bob = await join(s, 'bob')
      await lifecycle.defineRole({ name: 'guest', permissions: [] })
      await grant('guest')
      assert.deepEqual(held(await refresh(s, bob.refresh)), nothing)
      assert.deepEqual(await next(), { roles: ['guest'], permissions: undefined })
    })
  })

  test(`a session that is opened or refreshed beside a grant has the role at its next refresh, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { HASH_QUEUE: '1000' } })
    for (let turn = 0; turn < 5; turn++) {
      const ann: Person = await join(s, `ann${turn}`)
      const signing = Array.from({ length: AT_ONCE }, () => signIn(s, ann.email))
      const granting = s.service.lifecycle.changeRole({ userId: ann.id, role: 'admin', isGranted: true })
      const [rotated, ...opened] = await Promise.all([refresh(s, ann.refresh), ...signing])
      await granting
      for (const { refresh: token } of [rotated, ...opened] as TokenPair[])
        assert.deepEqual(held(await refresh(s, token)).roles, ['admin'])
    }
  })
}

const MOST_CHARACTERS = 8_192 // of a token, here and in sdk/verify

/** So many different words of so many characters. */
const wordsOf = (count: number, length: number) => Array.from({ length: count }, (_, n) => `w${n}`.padEnd(length, 'x'))

test('whatever somebody holds, their tokens are no longer than anybody reads, whatever signs them', async (t) => {
  const amounts: [what: string, roles: readonly string[], permissions: readonly string[]][] = [
    ['a little of both', wordsOf(10, 20), wordsOf(20, 20)],
    ['just enough of both for a short signature', wordsOf(38, 50), wordsOf(38, 50)],
    ['many short words', wordsOf(20, 4), wordsOf(390, 4)],
  ]
  for (const algorithm of ['ES256', 'RS256', 'ML-DSA-44', 'ML-DSA-65']) {
    const PUBLIC_URL = `https://${'long-name.'.repeat(20)}example.com`
    const s = await startServer(t, { environment: { SIGNING_ALGORITHMS: algorithm, PUBLIC_URL } })
    const { lifecycle } = s.service
    for (const [what, roles, permissions] of amounts) {
      await t.test(`${what}, ${algorithm}`, async () => {
        const person = await join(s, what.replaceAll(' ', '-'))
        for (const [n, name] of roles.entries()) {
          await lifecycle.defineRole({ name, permissions: n === 0 ? permissions : [] })
          await lifecycle.changeRole({ userId: person.id, role: name, isGranted: true })
        }
        for (let pair: TokenPair = person, turn = 0; turn < 2; turn++) {
          pair = await refresh(s, pair.refresh)
          for (const token of [pair.access, pair.refresh]) assert.ok(token.length <= MOST_CHARACTERS, `${token.length}`)
          assert.equal(await isGood(s, pair.access), true)
          if (what === 'a little of both')
            assert.deepEqual(held(pair), { roles: roles.toSorted(), permissions: permissions.toSorted() })
        }
      })
    }
  }
})
