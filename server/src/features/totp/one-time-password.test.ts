import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codeOfStep, commonParameters, findStep, readCode, stepAt, type TotpParameters } from './one-time-password.ts'

// RFC 6238 appendix B. The seeds are as long as the digests of their hashes (erratum 2866).
const seed = (bytes: number) => Buffer.from('1234567890'.repeat(7).slice(0, bytes))
const algorithms: [TotpParameters['algorithm'], Buffer][] = [
  ['sha1', seed(20)],
  ['sha256', seed(32)],
  ['sha512', seed(64)],
]
const vectors: [seconds: number, codes: [string, string, string]][] = [
  [59, ['94287082', '46119246', '90693936']],
  [1111111109, ['07081804', '68084774', '25091201']],
  [1111111111, ['14050471', '67062674', '99943326']],
  [1234567890, ['89005924', '91819424', '93441116']],
  [2000000000, ['69279037', '90698825', '38618901']],
  [20000000000, ['65353130', '77737706', '47863826']], // its step needs more than 32 bits of milliseconds
]
for (const [seconds, codes] of vectors) {
  for (const [index, [algorithm, secret]] of algorithms.entries()) {
    const code = codes[index] ?? ''
    test(`RFC 6238 appendix B: ${algorithm} at ${seconds} is ${code}`, () => {
      const step = stepAt(seconds * 1000)
      assert.equal(codeOfStep(secret, step, { algorithm, digits: 8, stepSeconds: 30 }), code)
      assert.equal(codeOfStep(secret, step, { algorithm, digits: 6, stepSeconds: 30 }), code.slice(2))
    })
  }
}

// RFC 4226 appendix D: the counter instead of the time.
for (const [step, code] of '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'
  .split(' ')
  .entries()) {
  test(`RFC 4226 appendix D: counter ${step} is ${code}`, () => {
    assert.equal(codeOfStep(seed(20), step), code)
  })
}

const secret = seed(20)
const NOW = 1_800_000_015_000 // in the middle of a step
const step = stepAt(NOW)
const inStep = (difference: number) => codeOfStep(secret, step + difference)

const windows: [title: string, difference: number, lastStep: number | null, found: number | undefined][] = [
  ['the code of now', 0, null, step],
  ['the code of the step before', -1, null, step - 1],
  ['the code of the step after, of a phone that runs fast', 1, null, step + 1],
  ['a code of two steps before', -2, null, undefined],
  ['a code of two steps after', 2, null, undefined],
  ['the code of now, after one of the step before', 0, step - 1, step],
  ['a code that was taken before (RFC 6238 §5.2)', 0, step, undefined],
  ['a code older than the last one that was taken', -1, step, undefined],
  ['a code after a clock that ran far ahead was set back', 0, step + 100, undefined],
]
for (const [title, difference, lastStep, found] of windows) {
  test(`${title} is ${found === undefined ? 'refused' : 'taken'}`, () => {
    assert.equal(findStep({ secret, lastStep }, inStep(difference), NOW), found)
  })
}

test('a step begins at its first millisecond', () => {
  assert.deepEqual([stepAt(0), stepAt(29_999), stepAt(30_000)], [0, 0, 1])
})

const typed: [typed: string, code: string | undefined][] = [
  ['123456', '123456'],
  ['123 456', '123456'],
  [' 123456\n', '123456'],
  ['012345', '012345'],
  ['', undefined],
  ['12345', undefined],
  ['1234567', undefined],
  ['12345a', undefined],
  ['-12345', undefined],
  ['1e5000', undefined],
  ['١٢٣٤٥٦', undefined],
  ['123456\0', undefined],
]
for (const [text, code] of typed) {
  test(`${JSON.stringify(text)} is ${code ?? 'no code'}`, () => assert.equal(readCode(text), code))
}

test('every code has its digits, with leading zeros, and only its own step and those beside it take it', () => {
  const property = fc.property(
    fc.uint8Array({ minLength: 20, maxLength: 64 }),
    fc.integer({ min: 2, max: 2 ** 40 }),
    (bytes, at) => {
      const key = Buffer.from(bytes)
      const code = codeOfStep(key, at)
      assert.match(code, /^[0-9]{6}$/)
      const now = at * commonParameters.stepSeconds * 1000
      assert.notEqual(findStep({ secret: key, lastStep: null }, code, now), undefined)
      assert.equal(findStep({ secret: key, lastStep: at + 1 }, code, now), undefined)
    },
  )
  fc.assert(property, { numRuns: 200 })
})
