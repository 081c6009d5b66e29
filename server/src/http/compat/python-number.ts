/** A JSON number in the place of a text: the old service took it as Python writes it, `str(json.loads(source))`. */

// Python's limit for reading whole numbers (sys.int_info.default_max_str_digits); it also bounds what we carry along.
const MAX_INTEGER_DIGITS = 4300

/** The text of a number by its spelling in JSON; undefined for one that Python does not read either. */
export function pythonText(source: string): string | undefined {
  if (/[.eE]/.test(source)) return floatText(Number(source))
  if (source.length > MAX_INTEGER_DIGITS) return undefined
  return source === '-0' ? '0' : source // of any size: no digit goes through a floating-point number
}

// Both languages print the fewest digits that lead back to the number; only the places of point and exponent differ.
function floatText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e')
  const exponent = Number(power)
  const digits = mantissa.replace('.', '')
  return sign + (exponent >= -4 && exponent < 16 ? fixed(digits, exponent) : scientific(mantissa, exponent))
}

function fixed(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${whole}.${digits.slice(exponent + 1) || '0'}`
}

function scientific(mantissa: string, exponent: number): string {
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
