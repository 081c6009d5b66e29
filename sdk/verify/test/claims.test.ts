import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { REVOCATIONS_TYPE } from '../../../contract/revocations.ts'
import type { TokenErrorCode } from '../src/index.ts'
import { AUDIENCE, goodClaims, signAnything, startIssuer } from './issuer.ts'
import { assertRefused, codeOf, verifierOf } from './setup.ts'

const now = () => Math.floor(Date.now() / 1000)

describe('a good token', () => {
  it('tells who it is for, and nobody can change that', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const extra = { scope: 'read  write ', roles: ['admin'], nested: { list: [{}] } }
    const text = await issuer.token({ jti: 'j', sid: 's', ...extra })
    const token = await verifier.verify(text)
    assert.equal(token.tokenType, 'access')
    assert.equal(token.subject, '7')
    assert.equal(token.userId, 7)
    assert.equal(token.sessionId, 's')
    assert.equal(token.tokenId, 'j')
    assert.equal(token.expiresAt, token.claims.exp)
    assert.deepEqual(token.scopes, ['read', 'write'])
    assert.deepEqual(token.roles, ['admin'])
    const nested = token.claims.nested as { list: object[] }
    for (const part of [token, token.claims, token.scopes, token.roles, nested, nested.list, nested.list[0]]) {
      assert.ok(Object.isFrozen(part))
    }
    assert.equal(await verifier.verify(text), token, 'the second time it is remembered')
    assert.equal(verifier.verifySync(text), token)
  })

  const fineClaims: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['several audiences, one of them ours', { aud: ['other', AUDIENCE] }, {}],
    ['a time with fractions', { exp: now() + 100.5 }, {}],
    ['an issue time a little ahead of our clock', { iat: now() + 20 }, {}],
    ['no user id, as tokens of other kinds have none', { user_id: undefined }, {}],
    ['the type of RFC 9068 in its header', { token_type: undefined }, { typ: 'at+jwt' }],
  ]
  for (const [what, claims, header] of fineClaims) {
    it(`may have ${what}`, async (t) => {
      const issuer = await startIssuer(t)
      assert.equal(await codeOf(verifierOf(t, issuer), await issuer.token(claims, header)), 'accepted')
    })
  }
})

describe('a token is refused', () => {
  const badClaims: [string, TokenErrorCode, Record<string, unknown>, Record<string, unknown>?][] = [
    ['of another issuer', 'issuer', { iss: 'https://other.example' }],
    ['of an issuer that only begins like ours', 'issuer', { iss: 'http://127.0.0.1:1.evil.example' }],
    ['without an issuer', 'issuer', { iss: undefined }],
    ['with a list of issuers', 'issuer', { iss: ['http://127.0.0.1'] }],
    ['for another audience', 'audience', { aud: 'other' }],
    ['for an audience that only begins like ours', 'audience', { aud: `${AUDIENCE}.evil` }],
    ['for our audience in capitals', 'audience', { aud: AUDIENCE.toUpperCase() }],
    ['CVE-2026-30863: without an audience', 'audience', { aud: undefined }],
    ['for other audiences', 'audience', { aud: ['a', 'b'] }],
    ['for an object as audience', 'audience', { aud: { [AUDIENCE]: true } }],
    ['CVE-2023-48309: of another type', 'type', { token_type: 'refresh' }],
    ['without a type', 'type', { token_type: undefined }],
    ['of a type in capitals', 'type', { token_type: 'Access' }],
    ['whose header and claims disagree about its type', 'type', { token_type: 'refresh' }, { typ: 'at+jwt' }],
    ['without an expiry', 'malformed', { exp: undefined }],
    ['with an expiry that is text', 'malformed', { exp: String(now() + 100) }],
    ['with an expiry of null', 'malformed', { exp: null }],
    ['without an issue time', 'malformed', { iat: undefined }],
    ['with a negative issue time', 'malformed', { iat: -1 }],
    ['with a "not before" that is text', 'malformed', { nbf: '0' }],
    ['without a subject', 'malformed', { sub: undefined }],
    ['with an empty subject', 'malformed', { sub: '' }],
    ['with a subject that is a number', 'malformed', { sub: 7 }],
    ['without an id', 'malformed', { jti: undefined }],
    ['with a user id that is text', 'malformed', { user_id: '7' }],
    ['with a session that is an object', 'malformed', { sid: {} }],
    ['with scopes that are a list', 'malformed', { scope: ['admin'] }],
    ['with roles that are text', 'malformed', { roles: 'admin' }],
    ['with roles that are no texts', 'malformed', { roles: [{}] }],
    ['that expired', 'expired', { exp: now() - 6 }],
    ['that expired long ago', 'expired', { exp: 0 }],
    ['that is not valid yet', 'not-yet-valid', { nbf: now() + 60 }],
    ['that was issued in the future', 'not-yet-valid', { iat: now() + 60 }],
  ]
  for (const [what, code, claims, header] of badClaims) {
    it(what, async (t) => {
      const issuer = await startIssuer(t)
      await assertRefused(verifierOf(t, issuer), await issuer.token(claims, header), code)
    })
  }

  it('whose expiry is more than a number can be', async (t) => {
    const issuer = await startIssuer(t)
    const json = JSON.stringify(goodClaims(issuer.url)).replace(/"exp":\d+/, '"exp":1e999')
    await assertRefused(verifierOf(t, issuer), signAnything(json, {}, issuer.currentKey), 'malformed')
  })

  it('without a session, where it could not be revoked', async (t) => {
    const issuer = await startIssuer(t)
    const token = await issuer.token({ sid: undefined })
    assert.equal(await codeOf(verifierOf(t, issuer), token), 'accepted')
    await assertRefused(verifierOf(t, issuer, { revocations: {} }), token, 'malformed')
  })
})

describe('types', () => {
  it('CVE-2023-48309: of all kinds of token, each verifier takes only its own', async (t) => {
    const issuer = await startIssuer(t)
    const tokens = {
      access: await issuer.token(),
      refresh: await issuer.token({ token_type: 'refresh' }),
      page: await issuer.page(),
      token_as_page: await issuer.token({}, { typ: REVOCATIONS_TYPE }),
      at_jwt: await issuer.token({ token_type: undefined }, { typ: 'at+jwt' }),
    }
    const accepted = async (options: Parameters<typeof verifierOf>[2]) => {
      const verifier = verifierOf(t, issuer, options)
      const codes = await Promise.all(
        Object.entries(tokens).map(async ([name, token]) => [name, await codeOf(verifier, token)] as const),
      )
      return codes.filter(([, code]) => code === 'accepted').map(([name]) => name)
    }
    assert.deepEqual(await accepted({}), ['access', 'at_jwt'])
    assert.deepEqual(await accepted({ headerTypes: ['at+jwt'] }), ['at_jwt'])
    assert.deepEqual(await accepted({ tokenTypes: ['refresh'] }), ['refresh'])
    assert.deepEqual(await accepted({ tokenTypes: ['access', 'refresh'], headerTypes: ['JWT'] }), ['access', 'refresh'])
  })
})

describe('time', () => {
  it('a remembered token expires like any other, after the tolerance and not before', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer, { clockToleranceSeconds: 10 })
    const token = await issuer.token({ exp: now() + 60 })
    assert.equal(await codeOf(verifier, token), 'accepted')
    verifier.clock.advance(68)
    assert.equal(await codeOf(verifier, token), 'accepted')
    verifier.clock.advance(3)
    await assertRefused(verifier, token, 'expired')
    assert.throws(() => verifier.verifySync(token), { code: 'expired' })
  })

  it('a token that is not valid yet becomes valid', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const token = await issuer.token({ nbf: now() + 60 })
    await assertRefused(verifier, token, 'not-yet-valid')
    verifier.clock.advance(60)
    assert.equal(await codeOf(verifier, token), 'accepted')
  })

  it('the tolerance is never more than 30 s', async (t) => {
    const issuer = await startIssuer(t)
    assert.throws(() => verifierOf(t, issuer, { clockToleranceSeconds: 31 }), TypeError)
  })
})
