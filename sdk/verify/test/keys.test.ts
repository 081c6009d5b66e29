import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { exportJWK } from 'jose'
import { keySetOf, makeKey, signAnything, startIssuer } from './issuer.ts'
import { assertRefused, codeOf, until, verifierOf } from './setup.ts'

const isKeySet = ({ url }: IncomingMessage) => url === '/.well-known/jwks.json'
const keySetsAsked = ({ asked }: { asked: readonly string[] }) =>
  asked.filter((path) => path.endsWith('jwks.json')).length

/** Answers every question for the key set with this. */
const keySetInstead = (answer: (response: ServerResponse) => unknown) => {
  return (request: IncomingMessage, response: ServerResponse) => {
    if (isKeySet(request)) answer(response)
    return isKeySet(request)
  }
}

describe('a key set', () => {
  it('is fetched once, however many tokens come at once', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.token()))
    await Promise.all(tokens.map((token) => verifier.verify(token)))
    assert.equal(keySetsAsked(issuer), 1)
    assert.equal(verifier.status().keys, 1)
    assert.ok((verifier.status().keySetAge ?? 99) < 5)
  })

  it('a new key is met by one fetch, though fifty tokens of it come at once', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    await verifier.ready()
    await issuer.rotate()
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.token()))
    const codes = await Promise.all(tokens.map((token) => codeOf(verifier, token)))
    assert.deepEqual(new Set(codes), new Set(['accepted']))
    assert.equal(keySetsAsked(issuer), 2)
  })

  it('a new key is met although an older set was just on its way', async (t) => {
    const issuer = await startIssuer(t)
    const oldSet = JSON.stringify(keySetOf(issuer))
    issuer.instead = keySetInstead((response) => setTimeout(() => response.end(oldSet), 300))
    const makePage = issuer.page
    issuer.page = async (...options) => {
      await until('there is a new key', () => issuer.keys.length === 2)
      return makePage(...options)
    }
    const verifier = verifierOf(t, issuer, { revocations: {} })
    const starting = verifier.ready() // it meets the new key in the first page of the feed
    await until('the first fetch is under way', () => keySetsAsked(issuer) === 1)
    issuer.instead = undefined
    await issuer.rotate()
    await starting
    assert.equal(await codeOf(verifier, await issuer.token()), 'accepted')
    assert.equal(keySetsAsked(issuer), 2)
    assert.deepEqual(verifier.warnings, [])
  })

  it('unknown kids cause at most one fetch in ten seconds', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const foreign = await makeKey('ES256')
    const forge = (kid: string) => signAnything('{}', { kid }, foreign)
    for (let n = 0; n < 50; n++) await assertRefused(verifier, forge(`a${n}`), 'unknown-key')
    assert.equal(keySetsAsked(issuer), 2)
    verifier.clock.jump(3600) // the wall clock has no say
    await assertRefused(verifier, forge('b'), 'unknown-key')
    assert.equal(keySetsAsked(issuer), 2)
    verifier.clock.advance(10)
    await assertRefused(verifier, forge('c'), 'unknown-key')
    assert.equal(keySetsAsked(issuer), 3)
  })

  it('an unknown kid is not refused for good while the issuer is away: nobody knows', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const known = await issuer.token()
    await verifier.verify(known)
    await issuer.rotate()
    const token = await issuer.token()
    await issuer.stop()
    await assertRefused(verifier, token, 'unavailable')
    await assertRefused(verifier, token, 'unavailable')
    assert.equal(await codeOf(verifier, known), 'accepted')
    assert.throws(() => verifier.verifySync(token), { code: 'unavailable' })
    assert.deepEqual(verifier.warnings, ['key-set-unavailable'])
    await issuer.start()
    verifier.clock.advance(10)
    assert.equal(await codeOf(verifier, token), 'accepted')
  })

  it('is served from memory while the issuer is away, up to its age', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer, { keySet: { maxAgeSeconds: 3600 } })
    const token = await issuer.token({ exp: Math.floor(Date.now() / 1000) + 9000 })
    await verifier.verify(token)
    await issuer.stop()
    verifier.clock.advance(3590)
    assert.equal(await codeOf(verifier, token), 'accepted')
    verifier.clock.advance(20)
    await assertRefused(verifier, token, 'unavailable')
    assert.equal(verifier.status().isAvailable, false)
  })

  it('a wall clock that is set back does not make it younger', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer, { keySet: { maxAgeSeconds: 60 } })
    await verifier.ready()
    await issuer.stop()
    verifier.clock.jump(-3600)
    verifier.clock.advance(61)
    assert.equal(verifier.status().isAvailable, false)
  })

  it('when a key is withdrawn, what it has signed is refused, remembered or not', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const tokens = [await issuer.token(), await issuer.token()] as const
    await verifier.verify(tokens[0])
    await issuer.rotate()
    issuer.keys.shift()
    await verifier.verify(await issuer.token())
    for (const token of tokens) await assertRefused(verifier, token, 'unknown-key')
  })

  it('two keys with the same kid: the first counts', async (t) => {
    const issuer = await startIssuer(t)
    const [first] = issuer.keys
    const second = await issuer.rotate()
    second.jwk.kid = String(first?.kid)
    const verifier = verifierOf(t, issuer)
    assert.equal(await codeOf(verifier, await issuer.token({}, {}, first)), 'accepted')
    await assertRefused(verifier, await issuer.token({}, { kid: first?.kid }, second), 'signature')
    assert.deepEqual(verifier.warnings, ['key-ignored'])
  })

  it('keys that are given are not fetched', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer, { keySet: keySetOf(issuer) })
    assert.equal(await codeOf(verifier, await issuer.token()), 'accepted')
    const foreign = await makeKey('ES256')
    await assertRefused(verifier, await issuer.token({}, { kid: 'other' }, foreign), 'unknown-key')
    assert.throws(() => verifier.verifySync(signAnything('{}', { kid: 'other' }, foreign)), { code: 'unknown-key' })
    assert.deepEqual(issuer.asked, [])
  })
})

describe('keys that cannot serve are left out', () => {
  const spoil: [string, (jwk: Record<string, unknown>) => void][] = [
    ['without kid', (jwk) => delete jwk.kid],
    ['without alg', (jwk) => delete jwk.alg],
    ['for encryption', (jwk) => Object.assign(jwk, { use: 'enc' })],
    ['for signing only', (jwk) => Object.assign(jwk, { key_ops: ['sign'] })],
    ['of another curve', (jwk) => Object.assign(jwk, { crv: 'P-384' })],
    ['that are no point of the curve', (jwk) => Object.assign(jwk, { x: jwk.y })],
    ['of another kind than their alg', (jwk) => Object.assign(jwk, { alg: 'RS256' })],
    ['symmetric ones', (jwk) => Object.assign(jwk, { kty: 'oct', k: 'AAAA', alg: 'HS256' })],
  ]
  for (const [what, change] of spoil) {
    it(what, async (t) => {
      const issuer = await startIssuer(t)
      const key = await issuer.rotate()
      const token = await issuer.token()
      change(key.jwk)
      const verifier = verifierOf(t, issuer)
      await assertRefused(verifier, token, 'unknown-key')
      assert.equal(verifier.status().keys, 1)
      assert.deepEqual(verifier.warnings, ['key-ignored'])
    })
  }

  it('private ones', async (t) => {
    const issuer = await startIssuer(t)
    const key = await issuer.rotate()
    Object.assign(key.jwk, await exportJWK(key.privateKey))
    const verifier = verifierOf(t, issuer)
    await assertRefused(verifier, await issuer.token(), 'unknown-key')
    assert.deepEqual(verifier.warnings, ['key-ignored'])
  })

  it('RSA keys of 1024 bits', async (t) => {
    const issuer = await startIssuer(t)
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
    const set = { keys: [{ ...weak, kid: 'weak', alg: 'RS256' }, ...keySetOf(issuer).keys] }
    issuer.instead = keySetInstead((response) => response.end(JSON.stringify(set)))
    const verifier = verifierOf(t, issuer)
    await verifier.ready()
    assert.equal(verifier.status().keys, 1)
  })
})

describe('what is no answer with a key set leaves the last good one in use', { concurrency: true }, () => {
  const answers: [string, (response: ServerResponse) => unknown][] = [
    ['an error', (response) => response.writeHead(500).end('{"keys":[]}')],
    ['not changed', (response) => response.writeHead(304).end()],
    ['no JSON', (response) => response.end('<html>')],
    ['null', (response) => response.end('null')],
    ['no list', (response) => response.end('{"keys":{}}')],
    ['an empty list', (response) => response.end('{"keys":[]}')],
    ['no key that can serve', (response) => response.end('{"keys":[null,7,{"kty":"oct","k":"AAAA","kid":"a"}]}')],
    ['half an answer', (response) => response.write('{"keys":[') && setTimeout(() => response.destroy(), 20)],
    ['CVE-2026-48522: a redirect', (response) => response.writeHead(302, { location: '/other' }).end()],
  ]
  for (const [what, answer] of answers) {
    it(what, async (t) => {
      const issuer = await startIssuer(t)
      const verifier = verifierOf(t, issuer)
      const token = await issuer.token()
      await verifier.verify(token)
      await issuer.rotate()
      issuer.instead = keySetInstead(answer)
      await assertRefused(verifier, await issuer.token(), 'unavailable')
      assert.equal(await codeOf(verifier, token), 'accepted')
      assert.equal(verifier.warnings.filter((code) => code === 'key-set-unavailable').length, 1)
      assert.ok(!issuer.asked.includes('/other'))
    })
  }

  it('more than 256 kB', async (t) => {
    const issuer = await startIssuer(t)
    const set = { ...keySetOf(issuer), filling: 'x'.repeat(256 * 1024) }
    issuer.instead = keySetInstead((response) => response.end(JSON.stringify(set)))
    await assert.rejects(verifierOf(t, issuer).ready(), { code: 'unavailable' })
  })

  it('CVE-2026-48525: an endless answer is given up at its limit', async (t) => {
    const issuer = await startIssuer(t)
    let sent = 0
    issuer.instead = keySetInstead((response) => {
      const piece = Buffer.alloc(64 * 1024, ' ')
      const send = () => {
        do sent += piece.length
        while (!response.destroyed && response.write(piece))
        if (!response.destroyed) response.once('drain', send)
      }
      send()
    })
    const verifier = verifierOf(t, issuer)
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    assert.ok(sent < 20_000_000, `${sent} bytes were sent`)
  })

  it('an issuer that does not answer is waited for 5 s', async (t) => {
    const issuer = await startIssuer(t)
    issuer.instead = () => true
    const verifier = verifierOf(t, issuer)
    const startedAt = performance.now()
    await assert.rejects(verifier.ready(), { code: 'unavailable' })
    const seconds = (performance.now() - startedAt) / 1000
    assert.ok(seconds > 4.5 && seconds < 8, `${seconds} s`)
  })
})

it('the verifier comes to itself when the issuer does', async (t) => {
  const issuer = await startIssuer(t)
  const token = await issuer.token()
  await issuer.stop()
  const verifier = verifierOf(t, issuer)
  await assert.rejects(verifier.ready(), { code: 'unavailable' })
  await assertRefused(verifier, token, 'unavailable')
  await issuer.start()
  await until('it is available', () => verifier.status().isAvailable)
  assert.equal(await codeOf(verifier, token), 'accepted')
})

describe('without waiting', () => {
  it('verifySync says that nothing is known yet, and fetches', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const token = await issuer.token()
    assert.throws(() => verifier.verifySync(token), { code: 'unavailable' })
    await until('the keys are there', () => verifier.status().isAvailable)
    assert.equal(verifier.verifySync(token).subject, '7')
    await issuer.rotate()
    const newToken = await issuer.token()
    assert.throws(() => verifier.verifySync(newToken), { code: 'unavailable' })
    await until('the new key is there', () => verifier.status().keys === 2)
    assert.equal(verifier.verifySync(newToken).subject, '7')
  })
})

it('after close nothing is asked any more', async (t) => {
  const issuer = await startIssuer(t)
  const verifier = verifierOf(t, issuer, { revocations: {} })
  const token = await issuer.token()
  await verifier.verify(token)
  verifier.close()
  await wait(50)
  const asked = issuer.asked.length
  assert.equal(await codeOf(verifier, token), 'accepted', 'what it knows is still fresh')
  await wait(700)
  assert.equal(issuer.asked.length, asked)
  verifier.clock.advance(61)
  await assertRefused(verifier, token, 'unavailable')
})
