import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enrolmentAddress } from './enrolment-address.ts'

const secret = Buffer.from('12345678901234567890')

test('the address that an app reads names issuer, person, secret and parameters', () => {
  assert.equal(
    enrolmentAddress({ secret, issuer: 'SamurAI', identifier: 'ann@example.com' }),
    'otpauth://totp/SamurAI:ann%40example.com' +
      '?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=SamurAI&algorithm=SHA1&digits=6&period=30',
  )
})

test('no name adds a parameter or another label', () => {
  const address = enrolmentAddress({ secret, issuer: 'A & B: C?', identifier: 'x&secret=AAAA#/:ü@example.com' })
  const url = new URL(address)
  assert.equal(url.searchParams.getAll('secret').length, 1)
  assert.equal(url.searchParams.get('issuer'), 'A & B: C?')
  assert.equal(url.hash, '')
  assert.equal(
    decodeURIComponent(url.pathname).replace(/^\/*totp\/|^\//, ''),
    'A & B: C?:x&secret=AAAA#/:ü@example.com',
  )
  assert.ok(!address.includes('+'), 'a blank is %20')
})
