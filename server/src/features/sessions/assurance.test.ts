import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthClass, AuthMethod } from '../../../../contract/claims.ts'
import { type Assurance, acrOf, type Demand, meetsDemand, raiseAssurance } from './assurance.ts'

const NOW = 1_800_000_000_000
const BEFORE = NOW - 600_000

const classes: [what: string, amr: AuthMethod[], acr: AuthClass][] = [
  ['nothing', [], 'aal1'],
  ['a password', ['pwd'], 'aal1'],
  ['a one-time password', ['otp'], 'aal1'],
  ['a password and a one-time password', ['pwd', 'otp'], 'aal2'],
  ['a password and a key', ['pwd', 'hwk'], 'aal2'],
  ['a key that was only touched', ['hwk', 'user'], 'aal1'],
  ['a passkey that verified its user', ['swk', 'user', 'mfa'], 'aal2'],
  ['two things that one has', ['otp', 'pop'], 'aal1'],
  ['an e-mailed code', ['email'], 'aal1'],
  ['a password and an e-mailed code', ['pwd', 'email'], 'aal1'],
  ['a one-time password and an e-mailed code', ['otp', 'email'], 'aal1'],
]

describe('the authentication class (NIST SP 800-63B-4 §2)', () => {
  for (const [what, amr, acr] of classes) {
    it(`of ${what} is ${acr}`, () => assert.equal(acrOf(amr), acr))
  }
})

const raises: [what: string, before: AuthMethod[], fresh: AuthMethod[], after: AuthMethod[], isFresh: boolean][] = [
  ['the same factor again makes it fresh', ['pwd'], ['pwd'], ['pwd'], true],
  ['another factor makes it fresh and stronger', ['pwd'], ['otp'], ['pwd', 'otp'], true],
  ['both factors make it fresh', ['pwd', 'otp'], ['otp', 'pwd'], ['pwd', 'otp'], true],
  [
    'a passkey that verified its user makes it fresh',
    ['pwd', 'otp'],
    ['swk', 'mfa'],
    ['pwd', 'otp', 'swk', 'mfa'],
    true,
  ],
  ['GHSA-hp74-gm6m-2qm5: one of two factors changes nothing', ['pwd', 'otp'], ['pwd'], ['pwd', 'otp'], false],
  ['GHSA-hp74-gm6m-2qm5: an e-mailed code is no password', ['pwd'], ['email'], ['pwd'], false],
  ['a session of an e-mailed code is made fresh by another', ['email'], ['email'], ['email'], true],
  ['a session of the old service becomes one that is known', [], ['pwd'], ['pwd'], true],
  ['nothing proves nothing', [], [], [], false],
]

describe('a fresh proof', () => {
  for (const [what, before, fresh, after, isFresh] of raises) {
    it(what, () => {
      const raised = raiseAssurance(assurance(before, BEFORE), { amr: fresh, authenticatedAt: NOW })
      assert.deepEqual(raised, assurance(after, isFresh ? NOW : BEFORE))
    })
  }

  it('that arrives late makes nothing older', () => {
    const raised = raiseAssurance(assurance(['pwd'], NOW), { amr: ['otp'], authenticatedAt: BEFORE })
    assert.deepEqual(raised, assurance(['pwd', 'otp'], NOW))
  })
})

const demands: [what: string, amr: AuthMethod[], demand: Demand, isMet: boolean][] = [
  ['nothing special', ['pwd'], {}, true],
  ['the class it has', ['pwd'], { acr: ['aal1'] }, true],
  ['one of two classes', ['pwd'], { acr: ['aal2', 'aal1'] }, true],
  ['a stronger class', ['pwd'], { acr: ['aal2'] }, false],
  ['the age it has', ['pwd'], { maxAgeSeconds: 600 }, true],
  ['a second less', ['pwd'], { maxAgeSeconds: 599 }, false],
  ['class and age', ['pwd', 'otp'], { acr: ['aal2'], maxAgeSeconds: 600 }, true],
  ['class and a second less', ['pwd', 'otp'], { acr: ['aal2'], maxAgeSeconds: 599 }, false],
  ['anything of a session of the old service', [], { maxAgeSeconds: 86_400 }, false],
]

describe('a session proven ten minutes ago', () => {
  for (const [what, amr, demand, isMet] of demands) {
    it(`${isMet ? 'meets' : 'does not meet'} a demand for ${what} by ${amr.join(' + ') || 'nothing'}`, () => {
      assert.equal(meetsDemand(assurance(amr, BEFORE), demand, NOW), isMet)
    })
  }
})

function assurance(amr: AuthMethod[], authenticatedAt: number): Assurance {
  return { amr, acr: acrOf(amr), authenticatedAt }
}
