/** Any token that is not to the letter the one that was given out is refused, whatever was done to it (CVE-2026-27840). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { claimsOf, expectTokenRefused, isGood, join, type Person, paths, refresh } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const RUNS = 150
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

type Alteration = (token: string) => string

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const letter = fc.constantFrom(...ALPHABET)
const letters = fc.string({ unit: letter, minLength: 1, maxLength: 40 })
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })

/** What somebody may do to a token that went through their hands. */
const alterations: Readonly<Record<string, fc.Arbitrary<Alteration>>> = {
  'one character replaced': fc.tuple(place, letter).map(
    ([where, by]) =>
      (token) =>
        splice(token, where, 1, by),
  ),
  'a character replaced by any text': fc.tuple(place, text).map(
    ([where, by]) =>
      (token) =>
        splice(token, where, 1, by),
  ),
  'a part cut out': fc.tuple(place, fc.integer({ min: 1, max: 500 })).map(
    ([where, count]) =>
      (token) =>
        splice(token, where, count, ''),
  ),
  'cut off': place.map((where) => (token) => token.slice(0, Math.floor(where * token.length))),
  'its beginning cut off': place.map((where) => (token) => token.slice(Math.floor(where * token.length) + 1)),
  'letters put in': fc.tuple(place, letters).map(
    ([where, what]) =>
      (token) =>
        splice(token, where, 0, what),
  ),
  'letters at the end': letters.map((what) => (token) => token + what),
  'letters in front': letters.map((what) => (token) => what + token),
  'two characters exchanged': fc.tuple(place, place).map(
    ([one, other]) =>
      (token) =>
        exchange(token, one, other),
  ),
  'one bit of its bytes turned': fc.tuple(fc.nat(2), place, fc.nat(7)).map(
    ([part, where, bit]) =>
      (token) =>
        turnBit(token, part, where, bit),
  ),
}

/** Claims that an attacker would like to have. */
const wishes = fc.record(
  {
    user_id: fc.nat(),
    sub: fc.string(),
    exp: fc.integer({ min: 2_000_000_000, max: 4_000_000_000 }),
    sid: fc.string({ unit: letter }),
    jti: fc.string({ unit: letter }),
    token_type: fc.constantFrom('access', 'refresh', 'admin'),
    iss: fc.webUrl(),
    admin: fc.constant(true),
  },
  { requiredKeys: [] },
)

test('a token that was altered is refused at verify, refresh and logout:', async (t) => {
  const s = await startServer(t)
  const ann = await join(s, 'ann')

  for (const [title, alteration] of Object.entries(alterations)) {
    await t.test(title, () => expectAllRefused(s, ann, alteration))
  }

  await t.test('claims replaced', () =>
    expectAllRefused(
      s,
      ann,
      wishes.map((claims) => (token) => withPayload(token, { ...claimsOf(token), ...claims })),
    ),
  )

  await t.test('parts of two good tokens put together', async () => {
    const bob = await join(s, 'bob')
    const good = [ann.access, ann.refresh, bob.access, bob.refresh]
    const part = fc.tuple(fc.constantFrom(...good), fc.nat(2)).map(([token, number]) => token.split('.')[number])
    const mixed = fc.tuple(part, part, part).map((parts) => parts.join('.'))
    await expectAllRefused(
      s,
      ann,
      mixed.filter((token) => !good.includes(token)).map((token) => () => token),
    )
  })

  await t.test('made up from nothing', async () => {
    const part = fc.oneof(
      letters,
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      text,
    )
    const madeUp = fc.oneof(
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      part,
    )
    await expectAllRefused(
      s,
      ann,
      madeUp.map((token) => () => token),
    )
  })

  await t.test('given out by another installation', async () => {
    const other = await join(await startServer(t), 'ann')
    for (const token of [other.access, other.refresh]) expectTokenRefused(await s.post(paths.verify, { token }))
    for (const path of [paths.refresh, paths.logout]) expectTokenRefused(await s.post(path, { refresh: other.refresh }))
  })

  await t.test('and its session is none the worse for it', async () => {
    assert.deepEqual([await isGood(s, ann.access), await isGood(s, ann.refresh)], [true, true])
    await refresh(s, ann.refresh)
  })
})

async function expectAllRefused(s: TestServer, ann: Person, alteration: fc.Arbitrary<Alteration>): Promise<void> {
  const token = fc.constantFrom(ann.access, ann.refresh)
  const request = fc.constantFrom([paths.verify, 'token'], [paths.refresh, 'refresh'], [paths.logout, 'refresh'])
  await fc.assert(
    fc.asyncProperty(token, alteration, request, async (good, alter, [path = '', field = '']) => {
      const altered = alter(good)
      fc.pre(!isOnlySurrounded(altered, good))
      const { status, text } = await s.post(path, { [field]: altered })
      assert.ok(status === 401 || status === 400, `${path} answered ${status} ${text}`)
    }),
    { numRuns: RUNS },
  )
}

function splice(token: string, where: number, count: number, by: string): string {
  const start = Math.floor(where * token.length)
  return token.slice(0, start) + by + token.slice(start + count)
}

function exchange(token: string, one: number, other: number): string {
  const characters = [...token]
  const [a, b] = [Math.floor(one * token.length), Math.floor(other * token.length)]
  const kept = characters[a] ?? ''
  characters[a] = characters[b] ?? ''
  characters[b] = kept
  return characters.join('')
}

function turnBit(token: string, part: number, where: number, bit: number): string {
  const parts = token.split('.')
  const bytes = Buffer.from(parts[part] ?? '', 'base64url')
  const index = Math.floor(where * bytes.length)
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
  parts[part] = bytes.toString('base64url')
  return parts.join('.')
}

function withPayload(token: string, claims: object): string {
  const [header, , signature] = token.split('.')
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
}

/** White space around a token is taken off. */
function isOnlySurrounded(altered: string, good: string): boolean {
  return [...altered.replace(good, '')].every((character) => character <= ' ' || '\x85\xa0'.includes(character))
}
