import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBlocklist } from './blocklist.ts'
import { loadCommonPasswords } from './common-passwords.ts'
import { isPossible, reasonsAgainst } from './policy.ts'

const about = { email: 'Ann.Millerova@Example.com', firstName: 'Ottokaria', lastName: 'Millerová' }
const common = await loadCommonPasswords()
const words = {
  publicUrl: 'https://login.zebrafish.example:8443/auth',
  serviceName: 'Zebra',
  operatorWords: ['Acme Widgets', 'ZEBRA-CLUB'],
}
const isListed = await createBlocklist(words).load()

const TOO_SHORT = 'This password is too short. It must contain at least 8 characters.'
const TOO_LONG = 'This password is too long. It must contain at most 4096 bytes.'
const NO_CHARACTER = 'This password contains a character that does not exist.'
const TOO_COMMON = 'This password is too common.'
const LIKE_ADDRESS = 'The password is too similar to the email address.'

const underNist: readonly [why: string, password: string, reasons: string[]][] = [
  ['a phrase is accepted', 'correct horse battery staple', []],
  ['eight characters are enough', 'tk7-Vq2z', []],
  ['seven are not', 'tk7-Vq2', [TOO_SHORT]],
  ['none are not', '', [TOO_SHORT]],
  ['characters are code points: eight of them', '😀🙃🧭🪁🛶🧵🪐🫖', []],
  ['characters are code points: four of eight units', '😀🙃🧭🪁', [TOO_SHORT]],
  ['a letter and its accent are one character', 'e\u0301'.repeat(7), [TOO_SHORT]],
  ['no kind of character is asked for', 'gxqzvkwjhtpl', []],
  ['blanks count', 'tk7 Vq2 ', []],
  ['a common one is refused', 'password1', [TOO_COMMON]],
  ['a common one is refused in capitals too', 'PassWord1', [TOO_COMMON]],
  ['a common one within a longer one is accepted', 'password1-tk7-Vq2', []],
  ['the name of the service is refused', 'SamurAIAuth', [TOO_COMMON]],
  ['every reason is told', 'samurai', [TOO_SHORT, TOO_COMMON]],
  ['the host of the service is refused', 'Login.Zebrafish.example', [TOO_COMMON]],
  ['the host with its port is refused', 'login.zebrafish.example:8443', [TOO_COMMON]],
  ['a label of the host is refused', 'zebrafish', [TOO_COMMON]],
  ['a word of the operator is refused', 'acme widgets', [TOO_COMMON]],
  ['a word of the operator is refused in any case', 'zebra-Club', [TOO_COMMON]],
  ['a word of the operator within a longer one is accepted', 'zebra-club-tk7', []],
  ['half a surrogate pair is refused', 'tk7-Vq2z\ud800', [NO_CHARACTER]],
  ['the address is refused', 'ann.millerova@example.com', [LIKE_ADDRESS]],
  ['its local part is refused', 'ANN.MILLEROVA', [LIKE_ADDRESS]],
  ['the first name is refused', 'ottokaria', ['The password is too similar to the first name.']],
  ['the last name is refused, however composed', 'millerova\u0301', ['The password is too similar to the last name.']],
  ['the full name is refused', 'ottokaria millerová', ['The password is too similar to the full name.']],
  ['the full name in one word is refused', 'ottokariamillerová', ['The password is too similar to the full name.']],
  ['a name within a longer one is accepted', 'ottokaria-tk7-Vq2', []],
  ['4096 bytes are accepted', `${'xé'.repeat(1365)}x`, []],
  ['4097 bytes are refused', 'x'.repeat(4097), [TOO_LONG]],
]

describe('the password policy of NIST', () => {
  for (const [why, password, reasons] of underNist) {
    it(why, () => assert.deepEqual(reasonsAgainst('nist', password, about, isListed), reasons))
  }

  it('has nothing against a password when the user has no names', () => {
    const nameless = { email: 'a@example.com', firstName: '', lastName: '' }
    assert.deepEqual(reasonsAgainst('nist', '        ', nameless, isListed), [])
  })
})

describe('the password policy of NIST where the password is the only factor', () => {
  const reasons = (password: string) => reasonsAgainst('nist-single-factor', password, about, isListed)

  it('asks for fifteen characters', () => {
    assert.deepEqual(reasons('tk7-Vq2z-wxp-94'), [])
    assert.deepEqual(reasons('tk7-Vq2z-wxp-9'), ['This password is too short. It must contain at least 15 characters.'])
  })

  it('refuses common and own ones too', () => {
    assert.deepEqual(reasons('ottokaria millerová'), ['The password is too similar to the full name.'])
    assert.deepEqual(reasons('login.zebrafish.example'), [TOO_COMMON])
  })
})

describe('what can be a password at all', () => {
  const cases: readonly [string, string, boolean][] = [
    ['a character', 'x', true],
    ['blanks', '   ', true],
    ['NUL within', 'a\0b', true],
    ['4096 bytes', 'x'.repeat(4096), true],
    ['nothing (CVE-2026-87806)', '', false],
    ['4097 bytes (CVE-2013-5958)', 'x'.repeat(4097), false],
    ['half a surrogate pair', 'abc\ud800', false],
  ]
  for (const [what, password, is] of cases) it(what, () => assert.equal(isPossible(password), is))
})

const underLegacy: readonly [why: string, password: string, reasons: string[]][] = [
  ['one character is accepted', 'x', []],
  ['a common one is accepted', 'password1', []],
  ['the address is accepted', about.email, []],
  ['nothing is refused', '', ['This password is too short. It must contain at least 1 character.']],
  ['what could not be checked is refused', 'x'.repeat(4097), [TOO_LONG]],
]

describe('the password policy of the old service', () => {
  for (const [why, password, reasons] of underLegacy) {
    it(why, () => assert.deepEqual(reasonsAgainst('legacy', password, about, isListed), reasons))
  }
})

describe('the common passwords', () => {
  it('are tens of thousands, in small letters', () => {
    assert.ok(common.size > 40_000, `${common.size}`)
    for (const word of ['password', '1qaz2wsx', 'qwertyuiop']) assert.ok(common.has(word), word)
  })

  it('are read once', async () => {
    assert.equal(await loadCommonPasswords(), common)
  })
})
