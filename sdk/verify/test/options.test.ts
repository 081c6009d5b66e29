import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVerifier } from '../src/index.ts'
import type { VerifierOptions } from '../src/options.ts'
import { makeKey } from './issuer.ts'

const good = { issuer: 'https://auth.example', audience: 'api' }

describe('wrong options stop the start', () => {
  const wrong: [string, object, RegExp][] = [
    ['no issuer', { issuer: undefined }, /issuer/],
    ['CVE-2026-30863: no audience', { audience: undefined }, /audience/],
    ['an empty audience', { audience: '' }, /audience/],
    ['a misspelt option', { audiance: 'api' }, /audiance/],
    ['a misspelt option of the revocations', { revocations: { failure: 'closed' } }, /failure/],
    ['CVE-2026-48522: keys from a file', { keySet: { url: 'file:///etc/passwd' } }, /keySet\.url/],
    ['CVE-2026-48522: keys by ftp', { keySet: { url: 'ftp://auth.example/keys' } }, /keySet\.url/],
    ['CVE-2026-48522: keys in the address itself', { keySet: { url: 'data:application/json,{}' } }, /keySet\.url/],
    ['keys over http from another machine', { keySet: { url: 'http://auth.example/keys' } }, /https/],
    ['an issuer over http', { issuer: 'http://auth.example' }, /https/],
    ['a host that only begins like this machine', { issuer: 'http://127.0.0.1.evil.example' }, /https/],
    ['a host that is called like this machine', { issuer: 'http://localhost.evil.example' }, /https/],
    ['a password in an address', { revocations: { url: 'https://u:p@auth.example/' } }, /password/],
    ['an issuer that is no address, and no other place of keys', { issuer: 'auth' }, /absolute address/],
    ['a symmetric algorithm', { algorithms: ['HS256'] }, /algorithms/],
    ['CVE-2022-23540: the algorithm none', { algorithms: ['none'] }, /algorithms/],
    ['no algorithm at all', { algorithms: [] }, /algorithms/],
    ['an unknown type of token', { tokenTypes: ['id'] }, /tokenTypes/],
    ['an unknown type of header', { headerTypes: ['revocations+jwt'] }, /headerTypes/],
    ['an unknown way to fail', { revocations: { fail: 'ajar' } }, /fail/],
    ['an unknown mode', { revocations: { mode: 'push' } }, /mode/],
    ['a tolerance that is no number', { clockToleranceSeconds: '5' }, /clockToleranceSeconds/],
    ['a tolerance that is not a number', { clockToleranceSeconds: Number.NaN }, /clockToleranceSeconds/],
    ['an endless age of the feed', { revocations: { maxAgeSeconds: Number.POSITIVE_INFINITY } }, /maxAgeSeconds/],
    ['an empty key set', { keySet: { keys: [] } }, /no key/],
    ['a symmetric key', { keySet: { keys: [{ kty: 'oct', k: 'AAAA', kid: 'a', alg: 'HS256' }] } }, /no key/],
  ]
  for (const [what, options, message] of wrong) {
    it(what, () => {
      const all = { ...good, onWarning: () => {}, ...options } as VerifierOptions
      assert.throws(() => createVerifier(all), message)
    })
  }

  it('and good ones do not', async () => {
    const { jwk } = await makeKey('ES256')
    const fine: Partial<VerifierOptions>[] = [
      {},
      { issuer: 'http://localhost:8000' },
      { issuer: 'http://[::1]:8000' },
      { issuer: 'http://auth.internal', allowInsecure: true },
      { issuer: 'auth', keySet: { keys: [jwk] }, revocations: { mode: 'off' } },
      { cacheTokens: 0 },
    ]
    for (const options of fine) createVerifier({ ...good, ...options })
  })
})

it('nothing is fetched before the first use', () => {
  const fetch = () => assert.fail('fetched')
  const verifier = createVerifier({ ...good, fetch })
  assert.deepEqual(verifier.status(), {
    isAvailable: false,
    keys: 0,
    keySetAge: undefined,
    areRevocationsFresh: false,
    revocations: 0,
    revocationsAge: undefined,
    cachedTokens: 0,
  })
})
