/** How one setting is read: text of the environment → value, or a sentence that says what it should be. */
import { readFileSync, statSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { isLoopbackHost } from '../platform/public-address.ts'

export type Setting<T> = {
  /** Names in the environment, the first one that is set counts. */
  names: readonly [string, ...string[]]
  /** @throws TypeError with what the value should be: "must be …" */
  read(text: string): T
  /** Text, as an operator would write it; undefined = not set. */
  fallback?: string
  unit?: string
  reason: string
  secret?: true
}

/** A whole number within bounds. */
export function integer(low: number, high: number) {
  return (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= low && value <= high) return value
    throw new TypeError(`must be a whole number from ${low} to ${high}`)
  }
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: W[]) {
  return (text: string): W => {
    const word = words.find((candidate) => candidate === text)
    if (word) return word
    throw new TypeError(`must be one of ${words.join(', ')}`)
  }
}

/** Several of a few words, separated by commas; at least one, each once. */
export function listOf<const W extends string>(...words: W[]) {
  return (text: string): readonly [W, ...W[]] => {
    const [first, ...rest] = new Set(text.split(',').map((part) => oneOf(...words)(part.trim())))
    return [first as W, ...rest]
  }
}

/** Text of at least so many characters. */
export function text(atLeast = 1) {
  return (value: string): string => {
    if (value.length >= atLeast) return value
    throw new TypeError(`must have at least ${atLeast} characters`)
  }
}

/** An http(s) address without a trailing slash, query, fragment or password. */
export function publicUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username && !url.password
  if (!isPlain) throw new TypeError('must be an address such as https://auth.example.com')
  return url.href.replace(/\/$/, '')
}

/** `off`, which is null, or an https address without a slash at its end; on this machine also an http one. */
export function serviceOrOff(value: string): string | null {
  if (value === 'off') return null
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isEncrypted = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (!url || !isEncrypted || url.search || url.hash || url.username || url.password)
    throw new TypeError('must be off, or an address such as https://api.pwnedpasswords.com/range')
  return url.href.replace(/\/$/, '')
}

const MOST_FILE_BYTES = 4 * 1024 * 1024
const MOST_LINES = 100_000 // NIST SP 800-63B-4 §3.1.1.2: beyond what is tried online a longer list adds little
const MOST_LINE_CHARACTERS = 256

/** The lines of a UTF-8 file, without empty ones; read at start, so that a typo in the name does not mean "no lines". */
export function linesOfFile(file: string): readonly string[] {
  const lines = readText(file)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
  if (lines.length > MOST_LINES) throw new TypeError(`must name a file of at most ${MOST_LINES} lines`)
  const long = lines.findIndex((line) => line.length > MOST_LINE_CHARACTERS)
  if (long === -1) return lines
  throw new TypeError(`must name a file whose lines have at most ${MOST_LINE_CHARACTERS} characters`)
}

function readText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size > MOST_FILE_BYTES) throw new TypeError(`must name a file of at most ${MOST_FILE_BYTES} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) // without a byte order mark
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof TypeError && code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    throw new TypeError(`must name a file of UTF-8 lines that can be read (${code})`, { cause: error })
  }
}

/** A domain name as browsers write it: lower case, without port and trailing dot; no IP address. */
export function domainName(value: string): string {
  if (isDomainName(value)) return value
  throw new TypeError('must be a domain name in lower case such as example.com')
}

function isDomainName(value: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/ // RFC 1034 §3.5; no wildcard, which addresses may hold
  return value.length <= 253 && isIP(value) === 0 && value.split('.').every((part) => label.test(part))
}

/** A comma-separated list of origins as browsers write them; https only, but for localhost. */
export function originList(value: string): readonly string[] {
  const origins = value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
  for (const origin of origins) checkOrigin(origin)
  return origins
}

function checkOrigin(origin: string): void {
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost')
  if (url?.origin !== origin || !isSecure || !isDomainName(url.hostname))
    throw new TypeError('must be a list of origins such as https://example.com, without a slash at the end')
}

/** A comma-separated list of addresses and CIDR ranges, checked here so that a typo never means "trust everyone". */
export function cidrList(value: string): readonly string[] {
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
  for (const entry of entries) checkCidr(entry)
  return entries
}

// First and last address of IPv4, of IPv6, and of IPv4 spelled as IPv6: a range that holds both holds everybody.
const everybody = [
  ['0.0.0.0', '255.255.255.255'],
  ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['::ffff:0.0.0.0', '::ffff:255.255.255.255'],
] as const

function checkCidr(entry: string): void {
  const [address = '', prefix = '', ...rest] = entry.split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  const bits = entry.includes('/') ? Number(/^\d{1,3}$/.exec(prefix)?.[0] ?? Number.NaN) : most
  if (family === 0 || rest.length > 0 || !(bits <= most))
    throw new TypeError('must be a list of addresses and CIDR ranges such as 10.0.0.0/8, ::1')
  const range = new BlockList()
  range.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
  const holds = (candidate: string) => range.check(candidate, isIP(candidate) === 4 ? 'ipv4' : 'ipv6')
  if (everybody.some(([first, last]) => holds(first) && holds(last)))
    throw new TypeError('must not trust every address, as /0 does')
}
