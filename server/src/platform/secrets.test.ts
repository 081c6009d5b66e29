import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createSealer, equalSecrets, sha256 } from './secrets.ts'

const sealer = createSealer('a secret key of more than 32 characters')
const other = createSealer('another secret key of 32 characters')

const bytes = () => fc.uint8Array({ maxLength: 300 }).map((values) => Buffer.from(values))
const contexts = () => fc.string({ unit: 'grapheme', maxLength: 40 })

describe('a sealed value', () => {
  test('opens to what was sealed, in its context', () => {
    fc.assert(
      fc.property(bytes(), contexts(), (plain, context) => {
        assert.deepEqual(sealer.open(sealer.seal(plain, context), context), plain)
      }),
    )
  })

  test('opens for every process with the same secret key', () => {
    const again = createSealer('a secret key of more than 32 characters')
    assert.equal(again.open(sealer.seal(Buffer.from('kept'), 'row 1'), 'row 1').toString(), 'kept')
  })

  test('does not open in another context: moved to another row it is worthless', () => {
    fc.assert(
      fc.property(bytes(), contexts(), contexts(), (plain, context, elsewhere) => {
        fc.pre(context !== elsewhere)
        assert.throws(() => sealer.open(sealer.seal(plain, context), elsewhere))
      }),
    )
  })

  test('does not open under another secret key, whose name is another', () => {
    fc.assert(
      fc.property(bytes(), contexts(), (plain, context) => {
        assert.throws(() => other.open(sealer.seal(plain, context), context), /sealed under another SECRET_KEY/)
      }),
    )
    assert.notEqual(sealer.keyId, other.keyId)
  })

  test('does not open under another secret key that is called like the right one', () => {
    const forged = other.seal(Buffer.from('plain'), 'row').replace(other.keyId, sealer.keyId)
    assert.throws(() => sealer.open(forged, 'row'))
  })

  test('does not open once a bit of it has changed', () => {
    fc.assert(
      fc.property(bytes(), fc.nat(), (plain, position) => {
        const [id, body = ''] = sealer.seal(plain, 'row').split('.')
        const changed = Buffer.from(body, 'base64url')
        const bit = position % (changed.length * 8)
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        assert.throws(() => sealer.open(`${id}.${changed.toString('base64url')}`, 'row'))
      }),
    )
  })

  test('does not open cut off, down to a few bytes of its seal', () => {
    const [id, body = ''] = sealer.seal(Buffer.alloc(0), 'row').split('.')
    const whole = Buffer.from(body, 'base64url')
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => sealer.open(`${id}.${whole.subarray(0, length).toString('base64url')}`, 'row'), `${length}`)
    }
  })

  test('shows nothing of what it holds, and is another one each time', () => {
    const [first, second] = [sealer.seal(Buffer.from('geheim'), 'row'), sealer.seal(Buffer.from('geheim'), 'row')]
    assert.notEqual(first, second)
    for (const form of ['utf8', 'hex', 'base64url'] as const)
      assert.ok(!first.includes(Buffer.from('geheim').toString(form)))
  })

  test('is no sealed value when it has another form', () => {
    for (const text of [
      '',
      '.',
      'plain',
      `${sealer.keyId}.`,
      `${sealer.keyId}.!`,
      `.${sealer.seal(Buffer.from('x'), 'row')}`,
    ])
      assert.throws(() => sealer.open(text, 'row'), text)
  })
})

test('a keyed hash is the same for the same input and key, and another for any other', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      assert.equal(sealer.mac(a).equals(sealer.mac(b)), a === b)
      assert.ok(!sealer.mac(a).equals(other.mac(a)))
    }),
  )
})

test('a hash is SHA-256 in hexadecimal (FIPS 180-4, example of one block)', () => {
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(sha256('ä'), createHash('sha256').update(Buffer.from('ä')).digest('hex'))
})

test('two secrets are equal when every byte is', () => {
  fc.assert(
    fc.property(bytes(), bytes(), (a, b) => {
      assert.equal(equalSecrets(a, b), a.equals(b))
      assert.ok(equalSecrets(a, Buffer.from(a)))
    }),
  )
})
