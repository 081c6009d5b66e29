/** Options are checked where they are given: a mistake stops the start, not a request. */

/** A misspelt option would be one that has no effect. @throws TypeError */
export function checkNames(what: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${what} must be an object`)
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new TypeError(`${what}: there is no option "${unknown}"`)
}

/** @throws TypeError */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a text`)
}

/** @throws TypeError */
export function checkNumber(name: string, value: unknown, least: number, most: number): void {
  const isWithin = typeof value === 'number' && value >= least && value <= most
  if (!isWithin) throw new TypeError(`${name} must be a number from ${least} to ${most}`)
}

/** @throws TypeError */
export function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) throw new TypeError(`${name} must be one of: ${allowed.join(', ')}`)
}

/** @throws TypeError */
export function checkListOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!Array.isArray(value) || value.length === 0)
    throw new TypeError(`${name} must be a list with at least one member`)
  for (const member of value) checkOneOf(`a member of ${name}`, member, allowed)
}

// The characters of a scope (RFC 6749 §3.3). They also stand in a header, between quotes (RFC 6750 §3).
const NAME = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** @throws TypeError */
export function checkTexts(name: string, value: unknown): void {
  const isList = Array.isArray(value) && value.every((text) => typeof text === 'string' && NAME.test(text))
  if (!isList) throw new TypeError(`${name} must be a list of texts without blanks, quotes and backslashes`)
}
