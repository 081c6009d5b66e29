import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TokenError, type Verifier } from '../src/index.ts'
import { goodClaims, makeKey, sign, signAnything, startIssuer } from './issuer.ts'
import { verifierOf } from './setup.ts'

const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ~é\u0000']

/** Whether it is refused as it should be: by a TokenError that says so, not by chance. */
function isRefused(verifier: Verifier, text: string): boolean {
  try {
    verifier.verifySync(text)
    return false
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return error.isRefusal || error.code === 'unavailable'
  }
}

describe('whatever is not exactly a token of the issuer is refused', () => {
  it('a token with any character replaced', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const token = await issuer.token()
    await verifier.verify(token)
    const places = fc.nat(token.length - 1)
    fc.assert(
      fc.property(places, fc.constantFrom(...alphabet), (at, character) => {
        const altered = token.slice(0, at) + character + token.slice(at + 1)
        return altered === token || isRefused(verifier, altered)
      }),
      { numRuns: 1000 },
    )
  })

  it('a token that is cut, lengthened or doubled anywhere', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    const token = await issuer.token()
    await verifier.verify(token)
    const cuts = fc.record({
      from: fc.nat(token.length),
      to: fc.nat(token.length),
      filling: fc.string({ maxLength: 8 }),
    })
    fc.assert(
      fc.property(cuts, ({ from, to, filling }) => {
        const altered = token.slice(0, from) + filling + token.slice(to)
        return altered === token || isRefused(verifier, altered)
      }),
      { numRuns: 1000 },
    )
  })

  it('a token with parts of other tokens', async (t) => {
    const issuer = await startIssuer(t)
    await issuer.rotate()
    const foreign = await makeKey('ES256')
    const verifier = verifierOf(t, issuer)
    const tokens = await Promise.all([
      issuer.token(),
      issuer.token({ sub: '1', scope: 'admin' }),
      issuer.token({}, {}, issuer.keys[0]),
      sign(goodClaims(issuer.url), {}, foreign),
      sign(goodClaims(issuer.url), { kid: issuer.currentKey.kid }, foreign),
    ])
    await verifier.verify(tokens[0])
    const part = fc.constantFrom(...tokens.map((token) => token.split('.')))
    fc.assert(
      fc.property(part, part, part, ([header], [, payload], [, , signature]) => {
        const mixed = `${header}.${payload}.${signature}`
        const isGood = tokens.slice(0, 3).includes(mixed)
        return isRefused(verifier, mixed) !== isGood
      }),
    )
  })

  it('any text', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    await verifier.ready()
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => isRefused(verifier, text)))
  })

  it('any JSON in header and payload, though it is signed: no error but a TokenError, and no admission', async (t) => {
    const issuer = await startIssuer(t)
    const verifier = verifierOf(t, issuer)
    await verifier.ready()
    const members = ['crit', 'typ', 'alg', 'kid', 'exp', 'iss', 'aud', 'sub', '__proto__', 'x']
    const json = fc.dictionary(fc.constantFrom(...members), fc.jsonValue())
    fc.assert(
      fc.property(json, fc.oneof(json, fc.jsonValue()), (header, payload) =>
        isRefused(verifier, signAnything(JSON.stringify(payload), header, issuer.currentKey)),
      ),
    )
    assert.equal(verifier.status().cachedTokens, 0)
  })
})
