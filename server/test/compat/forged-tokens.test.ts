/**
 * Tokens that somebody else made: each is refused at verify, refresh and logout, and does no harm to the session that it
 * claims to belong to. Named after what once worked elsewhere.
 */
import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, sign } from 'node:crypto'
import { test } from 'node:test'
import { OLD_KEY } from '../old-token.ts'
import { claimsOf, expectTokenRefused, headerOf, isGood, join, paths, refresh } from '../scenario.ts'
import { startServer } from '../start-server.ts'
import {
  bytes,
  derOf,
  dsaEncoding,
  encode,
  es256,
  type Forgery,
  forger,
  hmac,
  input,
  jsonJws,
  jws,
  type Loot,
  nextInAlphabet,
  signatureOf,
  sshKey,
  withSignature,
} from './forge.ts'

const noneForgeries = ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg): Forgery[] => [
  [
    `alg ${alg || 'empty'} without a signature (CVE-2022-23540)`,
    ({ claims, kid }) => `${input({ alg, kid }, claims)}.`,
  ],
  [
    `alg ${alg || 'empty'} with the signature of the good token`,
    (loot) => `${input({ alg, kid: loot.kid }, loot.claims)}.${signatureOf(loot)}`,
  ],
])

/** CVE-2022-23541, CVE-2022-29217, CVE-2017-11424, CVE-2026-48526: the public key, in every spelling, as HMAC secret. */
const publicKeySpellings: readonly (readonly [title: string, secret: (loot: Loot) => string | Buffer])[] = [
  ['PEM', ({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })],
  [
    'PEM without its last line end',
    ({ publicKey }) => String(publicKey.export({ type: 'spki', format: 'pem' })).trim(),
  ],
  ['DER', ({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' })],
  ['DER in base64', ({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  ['a JWK as it is served', ({ jwk }) => JSON.stringify(jwk)],
  ['a JWK of its required members', ({ jwk: { crv, kty, x, y } }) => JSON.stringify({ crv, kty, x, y })],
  ['a point', ({ jwk: { x, y } }) => Buffer.concat([Buffer.of(4), bytes(x), bytes(y)])],
  ['a compressed point', ({ jwk: { x, y } }) => Buffer.concat([Buffer.of(2 + ((bytes(y).at(-1) ?? 0) & 1)), bytes(x)])],
  ['an SSH key', ({ jwk }) => sshKey(jwk)],
  ['x', ({ jwk: { x } }) => bytes(x)],
  ['a key id', ({ kid }) => kid],
]

const confusions = publicKeySpellings.flatMap(([title, secret]) =>
  ['HS256', 'HS384', 'HS512'].flatMap((alg): Forgery[] => [
    [
      `${alg} with the public key as ${title}`,
      (loot) => hmac({ alg, typ: 'JWT', kid: loot.kid }, loot.claims, secret(loot)),
    ],
    [
      `${alg} with the public key as ${title}, without kid`,
      (loot) => hmac({ alg, typ: 'JWT' }, loot.claims, secret(loot)),
    ],
    [`ES256 in the header, ${alg} with ${title}`, (loot) => hmac(headerOf(loot.token), loot.claims, secret(loot), alg)],
  ]),
)

/** CVE-2025-65945: a key id that leads to no key, or to an empty one. */
const kids: readonly unknown[] = [
  'unknown',
  '',
  '__proto__',
  'constructor',
  'toString',
  '../../../../dev/null',
  "' or 1=1 --",
  'https://evil.example/key',
  null,
  0,
  true,
  [],
  {},
  ['x'],
]
const lookups = kids.flatMap((kid): Forgery[] => [
  [
    `kid ${JSON.stringify(kid)}, signed with nothing`,
    ({ claims }) => hmac({ alg: 'HS256', typ: 'JWT', kid }, claims, ''),
  ],
  [
    `kid ${JSON.stringify(kid)}, signed with "undefined"`,
    ({ claims }) => hmac({ alg: 'HS256', typ: 'JWT', kid }, claims, 'undefined'),
  ],
  [
    `kid ${JSON.stringify(kid)}, signed by the forger`,
    ({ claims }) => es256({ alg: 'ES256', typ: 'JWT', kid }, claims),
  ],
])

const signedByTheForger: readonly Forgery[] = [
  ['the header as it should be', ({ token, claims }) => es256(headerOf(token), claims)],
  [
    'a key of the forger in the header (CVE-2018-0114)',
    ({ claims, kid }) =>
      es256({ alg: 'ES256', typ: 'JWT', kid, jwk: forger.p256.publicKey.export({ format: 'jwk' }) }, claims),
  ],
  [
    'a key in the header and no kid',
    ({ claims }) => es256({ alg: 'ES256', jwk: forger.p256.publicKey.export({ format: 'jwk' }) }, claims),
  ],
  [
    'the address of a key set',
    ({ claims, kid }) => es256({ alg: 'ES256', typ: 'JWT', kid, jku: 'https://evil.example/jwks.json' }, claims),
  ],
  [
    'the address of a certificate',
    ({ claims, kid }) => es256({ alg: 'ES256', kid, x5u: 'file:///etc/passwd' }, claims),
  ],
  ['a certificate', ({ claims, kid }) => es256({ alg: 'ES256', kid, x5c: ['MIIB'] }, claims)],
  [
    'ES384 (CVE-2026-48523)',
    ({ claims, kid }) =>
      jws({ alg: 'ES384', typ: 'JWT', kid }, claims, (data) =>
        sign('sha384', data, { key: forger.p384.privateKey, dsaEncoding }),
      ),
  ],
  [
    'P-384 under ES256 (CVE-2022-23539)',
    ({ claims, token }) =>
      jws(headerOf(token), claims, (data) => sign('sha256', data, { key: forger.p384.privateKey, dsaEncoding })),
  ],
  [
    'RSA under ES256 (CVE-2022-23539)',
    ({ claims, token }) => jws(headerOf(token), claims, (data) => sign('sha256', data, forger.rsa.privateKey)),
  ],
  [
    'RS256',
    ({ claims, kid }) =>
      jws({ alg: 'RS256', typ: 'JWT', kid }, claims, (data) => sign('sha256', data, forger.rsa.privateKey)),
  ],
  [
    'EdDSA',
    ({ claims, kid }) =>
      jws({ alg: 'EdDSA', typ: 'JWT', kid }, claims, (data) => sign(null, data, forger.ed25519.privateKey)),
  ],
  [
    'the key of the old service with our claims and kid',
    ({ claims, kid }) => hmac({ alg: 'HS256', typ: 'JWT', kid }, claims, `${OLD_KEY} or so`),
  ],
]

const signatures: readonly Forgery[] = [
  ['of zeros (CVE-2022-21449)', (loot) => withSignature(loot, Buffer.alloc(64))],
  ['of ones', (loot) => withSignature(loot, Buffer.alloc(64, 0xff))],
  ['of one number', (loot) => withSignature(loot, bytes(signatureOf(loot)).subarray(0, 32))],
  [
    'of the two numbers in the other order',
    (loot) =>
      withSignature(
        loot,
        Buffer.concat([bytes(signatureOf(loot)).subarray(32), bytes(signatureOf(loot)).subarray(0, 32)]),
      ),
  ],
  ['as DER', (loot) => withSignature(loot, derOf(bytes(signatureOf(loot))))],
  ['with a byte more', (loot) => withSignature(loot, Buffer.concat([bytes(signatureOf(loot)), Buffer.of(0)]))],
  ['with a byte less', (loot) => withSignature(loot, bytes(signatureOf(loot)).subarray(0, 63))],
  ['of nothing', (loot) => withSignature(loot, Buffer.alloc(0))],
  ['of random bytes', (loot) => withSignature(loot, randomBytes(64))],
  ['that is not there', ({ token }) => token.slice(0, token.lastIndexOf('.'))],
]

/** One token has one spelling (RFC 8725 §3.1; base64url without padding, RFC 7515 §2). */
const spellings: readonly Forgery[] = [
  ['padding at the end', ({ token }) => `${token}=`],
  ['more padding at the end', ({ token }) => `${token}==`],
  ['padding after the header', ({ token }) => token.replace('.', '=.')],
  ['padding after the payload', ({ token }) => token.replace(/\.([^.]*)$/, '=.$1')],
  ['the last character with other stray bits', ({ token }) => token.slice(0, -1) + nextInAlphabet(token.at(-1) ?? '')],
  [
    'the alphabet of plain base64',
    ({ token, claims, kid }) =>
      /[-_]/.test(token) ? token.replaceAll('-', '+').replaceAll('_', '/') : input({ kid }, claims),
  ],
  ['percent signs', ({ token }) => token.replaceAll('.', '%2E')],
  ['a blank inside', ({ token }) => `${token.slice(0, 20)} ${token.slice(20)}`],
  ['a line end inside', ({ token }) => `${token.slice(0, 20)}\n${token.slice(20)}`],
  ['a zero-width blank at the end', ({ token }) => `${token}\u200b`],
  ['an exclamation mark inside', ({ token }) => `${token.slice(0, -5)}!${token.slice(-5)}`],
  ['a dot at the end', ({ token }) => `${token}.`],
  ['a dot in front', ({ token }) => `.${token}`],
  ['a fourth part', ({ token }) => `${token}.${token.slice(-20)}`],
  [
    'five parts: a JWE (CVE-2024-28176)',
    ({ token }) => `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..${token}`,
  ],
  ['a JWS as JSON', ({ token }) => jsonJws(token)],
  ['quotes', ({ token }) => `"${token}"`],
  ['Bearer in front', ({ token }) => `Bearer ${token}`],
  ['capitals only', ({ token }) => token.toUpperCase()],
  ['twice the same token', ({ token }) => token + token],
  ['the bytes of UTF-16', ({ token }) => Buffer.from(token, 'utf16le').toString('latin1').replaceAll('\0', '\u200b')],
]

/** CVE-2026-48525: nothing that is too long for a token of ours is decoded. */
const lengths = [8_000, 8_193, 60_000].flatMap((length): Forgery[] => [
  [`a signature of ${length} characters`, ({ token }) => token.padEnd(length, 'A')],
  [`a payload of ${length} characters`, ({ token }) => token.replace('.', `.${'A'.repeat(length - token.length)}`)],
  [`a header of ${length} characters`, ({ token }) => 'A'.repeat(length - token.length) + token],
  [`${length} dots`, () => '.'.repeat(length)],
])

const forgeries: Readonly<Record<string, readonly Forgery[]>> = {
  'without a signature': noneForgeries,
  'with the public key as secret': confusions,
  'with a key that is not there': lookups,
  'with a key of the forger': signedByTheForger,
  'with a signature': signatures,
  'in another spelling': spellings,
  'of a great length': lengths,
}

test('a forged token', async (t) => {
  const s = await startServer(t, { environment: { JWT_SECRET_KEY: OLD_KEY } })
  const ann = await join(s, 'ann')
  const { keys } = (await s.get('/.well-known/jwks.json')).json as { keys: Record<string, string>[] }
  const jwk = keys[0] ?? {}
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const lootOf = (token: string): Loot => ({ token, claims: claimsOf(token), kid: jwk.kid ?? '', jwk, publicKey })

  for (const [kind, rows] of Object.entries(forgeries)) {
    await t.test(kind, async (t) => {
      for (const [title, forge] of rows) await t.test(title, () => expectRefused(forge))
    })
  }

  await t.test('does no harm to the session that it claims to belong to', async () => {
    assert.deepEqual([await isGood(s, ann.access), await isGood(s, ann.refresh)], [true, true])
    await refresh(s, ann.refresh)
  })

  async function expectRefused(forge: (loot: Loot) => string): Promise<void> {
    const [access, token] = [forge(lootOf(ann.access)), forge(lootOf(ann.refresh))]
    for (const each of [access, token]) {
      assert.ok(each !== ann.access && each !== ann.refresh)
      expectTokenRefused(await s.post(paths.verify, { token: each }))
    }
    for (const path of [paths.refresh, paths.logout]) expectTokenRefused(await s.post(path, { refresh: token }))
  }
})

/** With the right key, which only the service has: the header is compared as a whole all the same (RFC 8725 §3.10). */
const headers: readonly (readonly [title: string, header: (good: Record<string, unknown>) => object | string])[] = [
  ['a critical extension (CVE-2026-32597)', (good) => ({ ...good, crit: ['x'], x: true })],
  ['an empty list of critical extensions', (good) => ({ ...good, crit: [] })],
  ['an unencoded payload', (good) => ({ ...good, b64: false, crit: ['b64'] })],
  ['another algorithm', (good) => ({ ...good, alg: 'ES384' })],
  ['an algorithm in small letters', (good) => ({ ...good, alg: 'es256' })],
  ['another type', (good) => ({ ...good, typ: 'at+jwt' })],
  ['no type', ({ typ: _, ...good }) => good],
  ['no kid', ({ kid: _, ...good }) => good],
  ['another kid', (good) => ({ ...good, kid: `${good.kid}x` })],
  ['a member more', (good) => ({ ...good, jku: 'https://evil.example' })],
  ['its members in another order', ({ alg, kid, typ }) => ({ kid, typ, alg })],
  ['white space', (good) => JSON.stringify(good, null, 1)],
  ['a member twice', (good) => JSON.stringify(good).replace('{', '{"alg":"none",')],
]

test('a token that is signed with our key is refused for its header: with', async (t) => {
  const s = await startServer(t)
  const ann = await join(s, 'ann')
  const key = await s.signingKey()
  const signed = (header: object | string, token: string) =>
    jws(header, claimsOf(token), (data) => sign('sha256', data, { key, dsaEncoding }))

  for (const [title, change] of headers) {
    await t.test(title, async () => {
      for (const token of [ann.access, ann.refresh]) {
        expectTokenRefused(await s.post(paths.verify, { token: signed(change(headerOf(token)), token) }))
      }
      const token = signed(change(headerOf(ann.refresh)), ann.refresh)
      for (const path of [paths.refresh, paths.logout]) expectTokenRefused(await s.post(path, { refresh: token }))
    })
  }

  await t.test('more claims than are decoded, also with the header that is ours (CVE-2026-48525)', async () => {
    const claims = { ...claimsOf(ann.access), padding: 'x'.repeat(7_000) }
    const token = jws(headerOf(ann.access), claims, (data) => sign('sha256', data, { key, dsaEncoding }))
    expectTokenRefused(await s.post(paths.verify, { token }))
  })

  await t.test('and taken with the header that is ours', async () => {
    assert.equal(await isGood(s, signed(headerOf(ann.access), ann.access)), true)
    await refresh(s, signed(headerOf(ann.refresh), ann.refresh))
  })
})

test('a token of one kind is no token of another kind (CVE-2023-48309)', async (t) => {
  const s = await startServer(t, { environment: { VERIFY_ACCEPTS: 'access' } })
  const ann = await join(s, 'ann')
  for (const path of [paths.refresh, paths.logout]) {
    expectTokenRefused(await s.post(path, { refresh: ann.access }), 'Token has wrong type')
  }
  expectTokenRefused(await s.post(paths.verify, { token: ann.refresh }), 'Token has wrong type')
  assert.equal(await isGood(s, ann.access), true)
  await refresh(s, ann.refresh)
})
