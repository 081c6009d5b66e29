import assert from 'node:assert/strict'
import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'
import { CompactEncrypt, FlattenedSign, GeneralSign } from 'jose'
import type { TokenErrorCode } from '../src/index.ts'
import { goodClaims, type Issuer, makeKey, sign, signAnything, startIssuer, toBase64url } from './issuer.ts'
import { assertRefused, codeOf, verifierOf } from './setup.ts'

const encode = (value: unknown) => toBase64url(JSON.stringify(value))

/** A token whose header says what it likes, with any signature. */
function forge(issuer: Issuer, header: object, signature = 'AAAA'): string {
  const kid = issuer.keys[0]?.kid
  return `${encode({ typ: 'JWT', kid, ...header })}.${encode(goodClaims(issuer.url))}.${signature}`
}

function hmacForgery(issuer: Issuer, alg: string, secret: string | Buffer): string {
  const input = forge(issuer, { alg }).split('.').slice(0, 2).join('.')
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

function publicKeyOf(issuer: Issuer): KeyObject {
  return createPublicKey({ key: issuer.keys[0]?.jwk as Record<string, string>, format: 'jwk' })
}

describe('algorithms', () => {
  for (const alg of ['none', 'None', 'nOnE', 'NONE', '', 'es256', 'ES256 ', 'HS256', 'ES384', 'ES256K']) {
    it(`CVE-2022-23540: a token that says alg ${JSON.stringify(alg)} is refused`, async (t) => {
      const issuer = await startIssuer(t)
      const verifier = verifierOf(t, issuer)
      const good = await issuer.token()
      const stolenSignature = good.split('.')[2]
      for (const signature of ['AAAA', stolenSignature]) {
        await assertRefused(verifier, forge(issuer, { alg }, signature), 'signature')
      }
      await assertRefused(verifier, forge(issuer, { alg }, ''), 'malformed')
      const lie = signAnything(JSON.stringify(goodClaims(issuer.url)), { alg }, issuer.currentKey)
      await assertRefused(verifier, lie, 'signature')
    })
  }

  it('CVE-2022-23541, CVE-2022-29217: no encoding of the public key serves as an HMAC secret', async (t) => {
    const issuer = await startIssuer(t)
    await issuer.rotate('RS256')
    const verifier = verifierOf(t, issuer)
    const key = publicKeyOf(issuer)
    const secrets = [
      key.export({ type: 'spki', format: 'pem' }),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(issuer.keys[0]?.jwk),
      String(issuer.keys[0]?.jwk.x),
      '',
    ]
    for (const secret of secrets) await assertRefused(verifier, hmacForgery(issuer, 'HS256', secret), 'signature')
  })

  it('CVE-2026-22817: a key without alg verifies nothing, whatever the header says', async (t) => {
    const issuer = await startIssuer(t)
    const key = await issuer.rotate('RS256')
    delete key.jwk.alg
    const verifier = verifierOf(t, issuer)
    await assertRefused(verifier, await issuer.token(), 'unknown-key')
    const pem = createPublicKey({ key: key.jwk as Record<string, string>, format: 'jwk' })
    const forged = hmacForgery(issuer, 'HS256', pem.export({ type: 'spki', format: 'pem' }))
    await assertRefused(verifier, forged, 'signature')
    assert.deepEqual(verifier.warnings, ['key-ignored'])
  })

  it('CVE-2026-48523: a header whose alg is not the one of its key is refused, though both are allowed', async (t) => {
    const issuer = await startIssuer(t)
    const key = await issuer.rotate('RS256')
    const verifier = verifierOf(t, issuer)
    const asPs256 = await makeKey('PS256')
    assert.equal(await codeOf(verifier, await issuer.token()), 'accepted')
    await assertRefused(verifier, await issuer.token({}, { kid: key.kid }, asPs256), 'signature')
    await assertRefused(verifier, await issuer.token({}, { kid: key.kid }, issuer.keys[0]), 'signature')
    const lie = signAnything(JSON.stringify(goodClaims(issuer.url)), { alg: 'RS256' }, issuer.keys[0] ?? key)
    await assertRefused(verifier, lie, 'signature')
  })

  it('a key of an algorithm that is not on the list is not used', async (t) => {
    const issuer = await startIssuer(t)
    await issuer.rotate('RS256')
    const verifier = verifierOf(t, issuer, { algorithms: ['ES256'] })
    await assertRefused(verifier, await issuer.token(), 'unknown-key')
    assert.equal(await codeOf(verifier, await issuer.token({}, {}, issuer.keys[0])), 'accepted')
  })

  for (const alg of ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256', 'ML-DSA-44', 'ML-DSA-65']) {
    it(`a token signed with ${alg} is accepted, and with one bit changed it is not`, async (t) => {
      const issuer = await startIssuer(t)
      await issuer.rotate(alg)
      const verifier = verifierOf(t, issuer)
      const token = await issuer.token()
      assert.equal((await verifier.verify(token)).subject, '7')
      const [header, payload, signature = ''] = token.split('.')
      const bytes = Buffer.from(signature, 'base64url')
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      await assertRefused(verifier, `${header}.${payload}.${bytes.toString('base64url')}`, 'signature')
    })
  }

  it('CVE-2022-21449: a signature of zeros is refused', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const zeros = Buffer.alloc(64).toString('base64url')
    await assertRefused(verifier, forge(issuer, { alg: 'ES256' }, zeros), 'signature')
  })

  it('a signature in DER instead of the two numbers is refused', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const [header, payload, signature = ''] = (await issuer.token()).split('.')
    const numbers = Buffer.from(signature, 'base64url')
    const toInteger = (bytes: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), bytes])
    const body = Buffer.concat([toInteger(numbers.subarray(0, 32)), toInteger(numbers.subarray(32))])
    const der = Buffer.concat([Buffer.from([0x30, body.length]), body])
    await assertRefused(verifier, `${header}.${payload}.${der.toString('base64url')}`, 'signature')
  })
})

describe('headers', () => {
  const refusedHeaders: [string, Record<string, unknown>, TokenErrorCode][] = [
    ['CVE-2026-32597: crit with an unknown extension', { crit: ['x'], x: 1 }, 'malformed'],
    ['an empty crit', { crit: [] }, 'malformed'],
    ['CVE-2026-48525: b64', { b64: false }, 'malformed'],
    ['CVE-2024-28176: zip', { zip: 'DEF' }, 'malformed'],
    ['a key of its own', { jwk: { kty: 'EC' } }, 'malformed'],
    ['an address of keys', { jku: 'https://evil.example/jwks.json' }, 'malformed'],
    ['an address of certificates', { x5u: 'https://evil.example/cert' }, 'malformed'],
    ['certificates', { x5c: ['AAAA'] }, 'malformed'],
    ['no kid', { kid: undefined }, 'malformed'],
    ['a kid that is no text', { kid: ['a'] }, 'malformed'],
    ['no typ', { typ: undefined }, 'type'],
    ['typ in lower case', { typ: 'jwt' }, 'type'],
    ['the typ of a page of revocations', { typ: 'revocations+jwt' }, 'type'],
    ['the typ of a logout token', { typ: 'logout+jwt' }, 'type'],
  ]
  for (const [what, header, code] of refusedHeaders) {
    it(`a header with ${what} is refused`, async (t) => {
      const issuer = await startIssuer(t)
      const token = signAnything(JSON.stringify(goodClaims(issuer.url)), header, issuer.currentKey)
      await assertRefused(verifierOf(t, issuer), token, code)
      assert.equal(issuer.asked.length <= 1, true, 'nothing but the key set was fetched')
    })
  }

  const kids = [
    '__proto__',
    'constructor',
    'toString',
    '',
    '../../etc/passwd',
    "' or 1=1 --",
    '\u0000',
    'x'.repeat(4000),
  ]
  it('CVE-2025-65945: kids that name what every object has, paths, SQL: no key is found', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    for (const kid of kids) await assertRefused(verifier, forge(issuer, { alg: 'ES256', kid }), 'unknown-key')
    assert.equal(issuer.asked.length, 2, 'one fetch at the start, one for all unknown kids together')
  })
})

describe('forms', () => {
  it('other serializations than the compact one are refused', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const key = await issuer.rotate()
    const payload = Buffer.from(JSON.stringify(goodClaims(issuer.url)))
    const header = { alg: 'ES256', typ: 'JWT', kid: key.kid }
    const flattened = await new FlattenedSign(payload).setProtectedHeader(header).sign(key.privateKey)
    const general = new GeneralSign(payload)
    general.addSignature(key.privateKey).setProtectedHeader(header)
    for (const object of [flattened, await general.sign()]) {
      await assertRefused(verifier, JSON.stringify(object), 'malformed')
      await assertRefused(verifier, object as unknown as string, 'malformed')
    }
  })

  it('CVE-2024-28176: an encrypted token is refused', async (t) => {
    const issuer = await startIssuer(t)
    const encryption = await makeKey('ES256')
    const encrypted = await new CompactEncrypt(Buffer.from(await issuer.token()))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'JWT', kid: encryption.kid })
      .encrypt(Buffer.alloc(32))
    const verifier = verifierOf(t, issuer)
    assert.notEqual(await codeOf(verifier, encrypted), 'accepted')
  })

  it('one token has one text: padding, other alphabets, stray bits, white space and further parts are refused', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const token = await issuer.token()
    const [header = '', payload = '', signature = ''] = token.split('.')
    const strayBits = signature.slice(0, -1) + String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)
    assert.deepEqual(Buffer.from(strayBits, 'base64url'), Buffer.from(signature, 'base64url'), 'the same bytes')
    const texts = [
      `${token}=`,
      `${token}==`,
      `${header}.${payload}.${strayBits}`,
      `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}=`,
      ` ${token}`,
      `${token} `,
      `${token}\n`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      '..',
      '.',
      '',
      `Bearer ${token}`,
    ]
    for (const text of texts) assert.match(await codeOf(verifier, text), /^(malformed|signature)$/, text)
    assert.equal(await codeOf(verifier, token), 'accepted')
  })

  it('characters that Node decodes as others are refused: they would give one token many texts', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const token = await tokenWith(issuer, /-[^.]*_[^.]*$/)
    const begin = token.lastIndexOf('.') + 1
    const signature = token.slice(begin)
    const disguises: readonly ((character: string) => string)[] = [
      (character) => String.fromCharCode(character.charCodeAt(0) + 0x100), // U+0141 for "A"
      (character) => ({ '-': '+', _: '/' })[character] ?? character,
    ]
    for (const disguise of disguises) {
      for (const [at, character] of [...signature].entries()) {
        const altered = signature.slice(0, at) + disguise(character) + signature.slice(at + 1)
        if (altered === signature) continue
        assert.deepEqual(Buffer.from(altered, 'base64url'), Buffer.from(signature, 'base64url'), 'the same bytes')
        assert.equal(await codeOf(verifier, token.slice(0, begin) + altered), 'malformed', altered)
      }
    }
    assert.equal(await codeOf(verifier, token), 'accepted')
  })

  it('what is no text is refused', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const things = [undefined, null, 7, {}, [await issuer.token()], Buffer.from(await issuer.token())]
    for (const thing of things) await assertRefused(verifier, thing as string, 'malformed')
  })

  it('CVE-2026-48525: what is too long is refused before it is decoded', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    await verifier.ready()
    const long = await issuer.token({ filling: 'x'.repeat(7000) })
    assert.ok(long.length > 8192)
    await assertRefused(verifier, long, 'malformed')
    const huge = `${forge(issuer, { alg: 'ES256' })}${'A'.repeat(50_000_000)}`
    const startedAt = performance.now()
    await assertRefused(verifier, huge, 'malformed')
    assert.ok(performance.now() - startedAt < 20, 'it was not decoded')
    const generous = verifierOf(t, issuer, { maxTokenCharacters: 16_384 })
    assert.equal(await codeOf(generous, long), 'accepted')
  })

  it('payloads that are no JSON object, or not UTF-8, are refused though they are signed', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const payloads = ['', 'null', '[]', '"text"', '7', '{', '\ufeff{}', Buffer.from([0x7b, 0xff, 0x7d])]
    for (const payload of payloads) {
      await assertRefused(verifier, signAnything(payload, {}, issuer.currentKey), 'malformed')
    }
  })

  it('CVE-2023-36475: claims named like what every object has change nothing', async (t) => {
    const issuer = await startIssuer(t)
    const json = JSON.stringify(goodClaims(issuer.url)).replace('{', '{"__proto__":{"scope":"admin","isAdmin":true},')
    const token = await verifierOf(t, issuer).verify(signAnything(json, {}, issuer.currentKey))
    assert.deepEqual(token.scopes, [])
    assert.equal((token.claims as { isAdmin?: boolean }).isAdmin, undefined)
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined)
  })
})

it('a token of another issuer with the same kid is refused', async (t) => {
  const issuer = await startIssuer(t)
  const foreign = await makeKey('ES256')
  const token = await sign(goodClaims(issuer.url), { kid: issuer.currentKey.kid }, foreign)
  await assertRefused(verifierOf(t, issuer), token, 'signature')
})

async function tokenWith(issuer: Issuer, form: RegExp): Promise<string> {
  for (;;) {
    const token = await issuer.token()
    if (form.test(token)) return token
  }
}
