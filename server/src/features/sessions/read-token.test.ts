import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { createTokenReader, REMEMBERED_TOKENS } from './read-token.ts'

const ISSUER = 'https://auth.example.com'

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function tokenOf(number: number, tokenType: 'access' | 'refresh' = 'access'): string {
  const claims = { token_type: tokenType, jti: `token ${number}`, user_id: 1, iat: 1, exp: 2, sid: 's' }
  const input = `${encode({ alg: 'ES256' })}.${encode({ ...claims, iss: ISSUER, aud: 'a' })}`
  return `${input}.${createHash('sha512').update(input).digest('base64url')}` // as long as a signature, and as various
}

/** A reader, and how many signatures it has asked about. The key says yes to all of them. */
function reader() {
  const state = { checked: 0, ring: 1 }
  const keys = { ringNumber: () => state.ring, findKey: () => () => ++state.checked > 0 }
  return { state, ...createTokenReader({ keys, issuer: ISSUER, audience: 'a', legacySecretKey: undefined }) }
}

describe('reading tokens', () => {
  it('checks the signature of an access token once, and says the same each time', () => {
    const { state, read } = reader()
    const first = read(tokenOf(1))
    assert.equal(read(tokenOf(1)), first)
    assert.equal(first.tokenId, 'token 1')
    assert.equal(state.checked, 1)
  })

  it('recalls what it has read, and nothing else', () => {
    const { state, read, recall } = reader()
    assert.equal(recall(tokenOf(1)), undefined)
    const first = read(tokenOf(1))
    assert.equal(recall(tokenOf(1)), first)
    read(tokenOf(2, 'refresh'))
    assert.equal(recall(tokenOf(2, 'refresh')), undefined)
    state.ring = 2
    assert.equal(recall(tokenOf(1)), undefined)
  })

  it('remembers no refresh token: it is shown once', () => {
    const { state, read } = reader()
    for (let shown = 0; shown < 3; shown++) read(tokenOf(1, 'refresh'))
    assert.equal(state.checked, 3)
  })

  it('forgets everything when the key ring changes', () => {
    const { state, read } = reader()
    read(tokenOf(1))
    state.ring = 2
    read(tokenOf(1))
    assert.equal(state.checked, 2)
  })

  it('remembers a bounded number: what is not used meanwhile is checked again, what is used is not', () => {
    const { state, read } = reader()
    read(tokenOf(0))
    for (let number = 1; number <= REMEMBERED_TOKENS; number++) {
      read(tokenOf(number))
      if (number % 100 === 0) read(tokenOf(0))
    }
    assert.equal(state.checked, REMEMBERED_TOKENS + 1)
    read(tokenOf(1))
    assert.equal(state.checked, REMEMBERED_TOKENS + 2)
  })
})
