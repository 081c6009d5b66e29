import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pythonText } from './python-number.ts'

// What CPython 3.11 prints for str(json.loads(…)).
const texts: [source: string, text: string | undefined][] = [
  ['0', '0'],
  ['-0', '0'],
  ['-7', '-7'],
  ['12345678901234567890', '12345678901234567890'],
  ['1'.repeat(4300), '1'.repeat(4300)],
  ['1'.repeat(4301), undefined],
  ['1.5', '1.5'],
  ['1.10', '1.1'],
  ['1.0', '1.0'],
  ['-1.0', '-1.0'],
  ['-0.0', '-0.0'],
  ['0e0', '0.0'],
  ['1e2', '100.0'],
  ['1E5', '100000.0'],
  ['123456789.123456789', '123456789.12345679'],
  ['9007199254740993.0', '9007199254740992.0'],
  ['1e15', '1000000000000000.0'],
  ['1e16', '1e+16'],
  ['1.5e21', '1.5e+21'],
  ['1.7976931348623157e308', '1.7976931348623157e+308'],
  ['1e400', 'inf'],
  ['-1e400', '-inf'],
  ['0.0001', '0.0001'],
  ['0.000123', '0.000123'],
  ['0.00001', '1e-05'],
  ['1e-7', '1e-07'],
  ['5e-324', '5e-324'],
  ['1e-400', '0.0'],
]

for (const [source, text] of texts) {
  test(`${source.slice(0, 30)} reads ${text?.slice(0, 30) ?? 'nothing'}`, () => assert.equal(pythonText(source), text))
}

test('a text leads back to the number it came from', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = pythonText(value.toExponential())
      assert.ok(Object.is(Number(text), value) || (value === 0 && Number(text) === 0), `${value}: ${text}`)
      assert.match(text ?? '', /^-?\d+(\.\d+)?(e[+-]\d\d+)?$/)
    }),
  )
})
