import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { toDer } from './der-signature.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const numbers = (r: string, s: string) => hex(r.padStart(64, '0') + s.padStart(64, '0'))

describe('an ES256 signature as DER', () => {
  const forms: [what: string, r: string, s: string, der: string][] = [
    ['small numbers take a byte each', '01', '02', '3006 020101 020102'],
    ['nothing at all is zero', '00', '00', '3006 020100 020100'],
    ['a first bit gets a zero before it', '80', 'ff', '3008 02020080 020200ff'],
    ['zeros within stay', '7f00', '010000', '3009 02027f00 0203010000'],
    ['the longest', 'ff'.repeat(32), '80'.repeat(32), `3046 022100${'ff'.repeat(32)} 022100${'80'.repeat(32)}`],
    ['as long as they come', '7f'.repeat(32), '01'.repeat(32), `3044 0220${'7f'.repeat(32)} 0220${'01'.repeat(32)}`],
  ]
  for (const [what, r, s, der] of forms) {
    it(`is as short as it can be: ${what}`, () => {
      assert.deepEqual(toDer(numbers(r, s)), hex(der.replaceAll(' ', '')))
    })
  }

  it('is none of anything that is shorter or longer', () => {
    for (const length of [0, 1, 63, 65, 70, 72, 128]) assert.equal(toDer(Buffer.alloc(length, 1)), undefined)
  })

  it('is what Node.js itself makes of it, good or bad', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
    const anyNumber = fc.uint8Array({ minLength: 64, maxLength: 64 })
    fc.assert(
      fc.property(fc.uint8Array(), anyNumber, fc.nat(63), fc.nat(255), (input, random, at, change) => {
        const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        const altered = Buffer.from(signature)
        altered[at] = (altered[at] ?? 0) ^ change
        for (const one of [signature, altered, Buffer.from(random)]) {
          const isGood = verify('sha256', input, key, one)
          assert.equal(verify('sha256', input, publicKey, toDer(one) ?? Buffer.alloc(0)), isGood)
          assert.equal(isGood, one.equals(signature))
        }
      }),
      { numRuns: 1000 }, // a number that begins with a zero byte comes once in 128
    )
  })
})
