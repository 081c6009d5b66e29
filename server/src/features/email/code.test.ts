import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSealer } from '../../platform/secrets.ts'
import { hashCode, isToken, makeCode, makeToken, readCode, slotOf } from './code.ts'

test('a code is six digits, leading zeros included, each as likely as any other', () => {
  const codes = Array.from({ length: 20_000 }, makeCode)
  assert.ok(codes.every((code) => /^\d{6}$/.test(code)))
  const byFirst = Map.groupBy(codes, (code) => code[0])
  assert.equal(byFirst.size, 10)
  for (const [digit, list] of byFirst) assert.ok(list.length > 1700 && list.length < 2300, `${digit}: ${list.length}`)
})

test('a token has 256 bits and is no other', () => {
  const tokens = new Set(Array.from({ length: 1000 }, makeToken))
  assert.equal(tokens.size, 1000)
  for (const token of tokens) assert.ok(isToken(token) && Buffer.from(token, 'base64url').length === 32)
  for (const other of ['', 'a', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, `${'a'.repeat(43)}\n`])
    assert.equal(isToken(other), false)
})

const typed: [text: string, code: string][] = [
  ['012345', '012345'],
  [' 012 345\n', '012345'],
  ['012-345', '012345'],
  ['\u2068012345\u2069', '012345'],
  ['٠١٢٣٤٥', '012345'],
  ['۰۱۲۳۴۵', '012345'],
]

for (const [text, code] of typed)
  test(`${JSON.stringify(text)} is typed for ${code}`, () => assert.equal(readCode(text), code))

test('a code of any length is read in no time', () => assert.ok(readCode(' 1'.repeat(1_000_000)).length <= 40))

test('the hash of a code belongs to one row and one key', () => {
  const [one, other] = [createSealer('one key that only tests have'), createSealer('another key of these tests')]
  const hashes = [hashCode(one, 'a', '1'), hashCode(one, 'b', '1'), hashCode(one, 'a', '2'), hashCode(other, 'a', '1')]
  assert.equal(new Set(hashes).size, 4)
})

test('there is one row for each purpose and address, however it is spelled', () => {
  assert.equal(slotOf('sign-in', 'Ann@Example.com'), slotOf('sign-in', 'ann@example.com'))
  assert.notEqual(slotOf('sign-in', 'ann@example.com'), slotOf('recover-password', 'ann@example.com'))
})
