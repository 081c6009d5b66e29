/** The tokens as clients and resource servers read them, and the key set that they are verified with. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { databases } from '../databases.ts'
import { claimsOf, expectProblem, headerOf, isGood, join, refresh } from '../scenario.ts'
import { startServer } from '../start-server.ts'

const KEY_SET = '/.well-known/jwks.json'
const ISSUER = 'https://auth.example.com'

for (const { kind, name } of databases()) {
  test(`tokens on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const ann = await join(s, 'ann')
    const now = s.clock.seconds()

    await t.test('hold these claims and no other ones', () => {
      const { sid, jti, status, ...access } = claimsOf(ann.access)
      const about = { iat: now, user_id: ann.id, iss: ISSUER, aud: 'samurai', sub: String(ann.id) }
      const proof = { amr: ['pwd'], acr: 'aal1', auth_time: now }
      assert.deepEqual(access, { ...about, ...proof, token_type: 'access', exp: now + 3600 })
      const { sid: otherSid, jti: otherJti, mac, ...refresh } = claimsOf(ann.refresh)
      const { statusIndex, ...facts } = refresh.facts as object & { statusIndex: number }
      const proven = { amr: ['pwd'], acr: 'aal1', authenticatedAt: s.clock.now() }
      assert.deepEqual(facts, { openedAt: s.clock.now(), ...proven, claimsVersion: 0 })
      assert.ok(Number.isSafeInteger(statusIndex))
      assert.deepEqual({ ...refresh, facts: 0 }, { ...about, token_type: 'refresh', exp: now + 86_400, facts: 0 })
      for (const id of [sid, jti, otherJti]) assert.match(id as string, /^[0-9a-f]{32}$/)
      assert.match(mac as string, /^[\w-]{43}$/)
      assert.equal(sid, otherSid)
      assert.equal(new Set([sid, jti, otherJti]).size, 3)
    })

    await t.test('name the user with an integer, as the clients of the old service read it', () => {
      assert.ok(Number.isSafeInteger(claimsOf(ann.access).user_id))
      assert.ok(claimsOf(ann.access).user_id > 0)
    })

    await t.test('have their claims in the order of the old service', () => {
      const order = ['token_type', 'exp', 'iat', 'jti', 'user_id']
      for (const token of [ann.access, ann.refresh]) assert.deepEqual(Object.keys(claimsOf(token)).slice(0, 5), order)
    })

    await t.test('have a header of algorithm, type and key', async () => {
      const { keys } = (await s.get(KEY_SET)).json as JSONWebKeySet
      for (const token of [ann.access, ann.refresh]) {
        assert.deepEqual(headerOf(token), { alg: 'ES256', typ: 'JWT', kid: keys[0]?.kid })
      }
    })

    await t.test('are verified by a JOSE library with the key set of the service', async () => {
      const keySet = createRemoteJWKSet(new URL(`http://127.0.0.1:${s.port}${KEY_SET}`))
      const currentDate = new Date(s.clock.now())
      const demands = { issuer: ISSUER, audience: 'samurai', algorithms: ['ES256'], typ: 'JWT', currentDate }
      for (const token of [ann.access, ann.refresh, (await refresh(s, ann.refresh)).access]) {
        const { payload } = await jwtVerify(token, keySet, demands)
        assert.equal(payload.sub, String(ann.id))
      }
      const foreign = createLocalJWKSet((await (await startServer(t)).get(KEY_SET)).json as JSONWebKeySet)
      await assert.rejects(jwtVerify(ann.access, foreign, demands), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
    })
  })
}

test('the key set', async (t) => {
  const s = await startServer(t)
  const answer = await s.get(KEY_SET)

  await t.test('holds public keys only, each with its use and algorithm (RFC 7517)', () => {
    const { keys } = answer.json as JSONWebKeySet
    assert.equal(keys.length, 1)
    assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    const { alg, crv, kty, use } = keys[0] ?? {}
    assert.deepEqual({ alg, crv, kty, use }, { alg: 'ES256', crv: 'P-256', kty: 'EC', use: 'sig' })
  })

  await t.test('may be kept for five minutes, and is asked for again with its tag', async () => {
    const { etag } = answer.headers
    assert.match(etag ?? '', /^"[\w-]{22}"$/)
    assert.equal(answer.headers['cache-control'], 'public, max-age=300')
    const again = await s.get(KEY_SET, { 'if-none-match': etag })
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag])
    const other = await s.get(KEY_SET, { 'if-none-match': '"other"' })
    assert.deepEqual([other.status, other.text], [200, answer.text])
  })

  await t.test('is the same after a restart, and so are the tokens', async () => {
    const first = await startServer(t)
    const { access } = await join(first, 'ann')
    const second = await startServer(t, { url: first.url })
    assert.equal((await second.get(KEY_SET)).text, (await first.get(KEY_SET)).text)
    assert.equal(await isGood(second, access), true)
  })

  await t.test('is only read', async () => {
    const head = await s.ask({ method: 'HEAD', path: KEY_SET })
    assert.deepEqual([head.status, head.text, head.headers.etag], [200, '', answer.headers.etag])
    const refused = await s.post(KEY_SET, {})
    expectProblem(refused, 405, 'method-not-allowed')
    assert.equal(refused.headers.allow, 'GET, HEAD')
  })
})

test('lifetimes, issuer and audience are settings', async (t) => {
  const environment = {
    ACCESS_TOKEN_SECONDS: '30',
    REFRESH_TOKEN_SECONDS: '60',
    PUBLIC_URL: 'https://id.example.org/auth/',
    TOKEN_AUDIENCE: 'everyone',
  }
  const s = await startServer(t, { environment })
  const ann = await join(s, 'ann')
  const [access, token] = [claimsOf(ann.access), claimsOf(ann.refresh)]
  assert.deepEqual([access.exp - access.iat, token.exp - token.iat], [30, 60])
  assert.deepEqual([access.iss, access.aud], ['https://id.example.org/auth', 'everyone'])
  await s.clock.advance(30)
  assert.deepEqual([await isGood(s, ann.access), await isGood(s, ann.refresh)], [false, true])
  await s.clock.advance(30)
  assert.equal(await isGood(s, ann.refresh), false)
})

test('CVE-2026-30949: tokens for another issuer or audience are refused, though the key is right (RFC 8725 §3.8, §3.9)', async (t) => {
  const s = await startServer(t)
  const { access, refresh } = await join(s, 'ann')
  for (const environment of [{ PUBLIC_URL: 'https://other.example.com' }, { TOKEN_AUDIENCE: 'other' }]) {
    const other = await startServer(t, { url: s.url, environment })
    assert.deepEqual([await isGood(other, access), await isGood(other, refresh)], [false, false])
  }
  assert.deepEqual([await isGood(s, access), await isGood(s, refresh)], [true, true])
})
