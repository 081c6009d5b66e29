import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashRecoveryCode, makeRecoveryCode, makeSetKey, readRecoveryCode } from './recovery-code.ts'

test('a recovery code has four groups of four characters, of 80 random bits', () => {
  const codes = Array.from({ length: 1000 }, makeRecoveryCode)
  for (const code of codes) assert.match(code, /^[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){3}$/)
  assert.equal(new Set(codes).size, 1000)
  const first = new Set(codes.map((code) => code.at(0)))
  const last = new Set(codes.map((code) => code.at(-1)))
  assert.deepEqual([first.size, last.size], [32, 32], 'every character of the alphabet is used in every place')
})

const typed: [title: string, typed: string, read: string | undefined][] = [
  ['as it was shown', 'K7QF-2MZX-9RTD-HB4W', 'K7QF2MZX9RTDHB4W'],
  ['in small letters', 'k7qf-2mzx-9rtd-hb4w', 'K7QF2MZX9RTDHB4W'],
  ['without hyphens', 'K7QF2MZX9RTDHB4W', 'K7QF2MZX9RTDHB4W'],
  ['with blanks', ' K7QF 2MZX 9RTD HB4W\n', 'K7QF2MZX9RTDHB4W'],
  ['with a group too few', 'K7QF-2MZX-9RTD', undefined],
  ['with a character too many', 'K7QF-2MZX-9RTD-HB4WA', undefined],
  ['with a character that there is not', 'K7QF-2MZX-9RTD-HB40', undefined],
  ['empty', '', undefined],
]
for (const [title, text, read] of typed) {
  test(`a code typed ${title} is ${read ? 'read' : 'none'}`, () => assert.equal(readRecoveryCode(text), read))
}

test('what is kept of a code depends on the key of its set', () => {
  const [one, other] = [makeSetKey(), makeSetKey()]
  const code = 'K7QF2MZX9RTDHB4W'
  assert.equal(hashRecoveryCode(one, code), hashRecoveryCode(one, code))
  assert.notEqual(hashRecoveryCode(one, code), hashRecoveryCode(other, code))
  assert.match(hashRecoveryCode(one, code), /^[0-9a-f]{64}$/)
})
