import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  cidrList,
  domainName,
  integer,
  linesOfFile,
  oneOf,
  originList,
  publicUrl,
  serviceOrOff,
  text,
} from './setting.ts'

type Reader = (text: string) => unknown

const accepted: [name: string, read: Reader, text: string, value: unknown][] = [
  ['the lowest whole number', integer(0, 10), '0', 0],
  ['the highest whole number', integer(0, 10), '10', 10],
  ['one of the words', oneOf('any', 'access'), 'access', 'access'],
  ['text of exactly the least length', text(3), 'abc', 'abc'],
  ['text with blanks, as it is', text(), ' a ', ' a '],
  ['a public address', publicUrl, 'https://auth.example.com', 'https://auth.example.com'],
  ['a public address without its last slash', publicUrl, 'https://auth.example.com/', 'https://auth.example.com'],
  ['a public address with a path', publicUrl, 'https://example.com/auth/', 'https://example.com/auth'],
  ['a public address in capitals', publicUrl, 'HTTPS://Auth.Example.com', 'https://auth.example.com'],
  ['a public address with a port', publicUrl, 'http://localhost:8000', 'http://localhost:8000'],
  ['a service that is off', serviceOrOff, 'off', null],
  ['a service', serviceOrOff, 'https://api.pwnedpasswords.com/range/', 'https://api.pwnedpasswords.com/range'],
  ['a service of this machine without TLS', serviceOrOff, 'http://127.0.0.1:8080/range', 'http://127.0.0.1:8080/range'],
  ['no proxies', cidrList, '', []],
  ['one proxy', cidrList, '10.0.0.1', ['10.0.0.1']],
  ['several proxies', cidrList, '10.0.0.0/8, ::1 ,fd00::/8', ['10.0.0.0/8', '::1', 'fd00::/8']],
  ['a trailing comma', cidrList, '10.0.0.1,', ['10.0.0.1']],
  [
    'the smallest and the largest range',
    cidrList,
    '10.0.0.0/1,10.0.0.1/32,::1/128',
    ['10.0.0.0/1', '10.0.0.1/32', '::1/128'],
  ],
  ['a domain', domainName, 'auth.example.com', 'auth.example.com'],
  ['a name of this machine', domainName, 'localhost', 'localhost'],
  ['a domain in Punycode', domainName, 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['no origin', originList, '', []],
  ['origins', originList, 'https://a.example, https://b.example:8443', ['https://a.example', 'https://b.example:8443']],
  ['an origin of this machine without TLS', originList, 'http://localhost:3000', ['http://localhost:3000']],
]

const refused: [name: string, read: Reader, text: string, reason: RegExp][] = [
  ['below the lowest', integer(1, 10), '0', /^must be a whole number from 1 to 10$/],
  ['above the highest', integer(1, 10), '11', /whole number from 1 to 10/],
  ['a negative number', integer(0, 10), '-1', /whole number/],
  ['a fraction', integer(0, 10), '1.5', /whole number/],
  ['a number with a unit', integer(0, 100), '30s', /whole number/],
  ['a number with a blank', integer(0, 10), ' 3', /whole number/],
  ['a hexadecimal number', integer(0, 100), '0x10', /whole number/],
  ['a number beyond exact integers', integer(0, Number.MAX_SAFE_INTEGER), '1'.repeat(20), /whole number/],
  ['another word', oneOf('any', 'access'), 'refresh', /^must be one of any, access$/],
  ['a word in capitals', oneOf('any', 'access'), 'ANY', /must be one of/],
  ['text that is too short', text(16), '123456789012345', /^must have at least 16 characters$/],
  ['an address without a scheme', publicUrl, 'auth.example.com', /^must be an address such as https:/],
  ['an address of another scheme', publicUrl, 'ftp://auth.example.com', /must be an address/],
  ['an address with a query', publicUrl, 'https://auth.example.com/?a=1', /must be an address/],
  ['an address with a fragment', publicUrl, 'https://auth.example.com/#top', /must be an address/],
  ['an address with a password', publicUrl, 'https://ann:secret@auth.example.com', /must be an address/],
  ['a service without TLS', serviceOrOff, 'http://api.example.com', /^must be off, or an address such as https:/],
  ['a service of a private network without TLS', serviceOrOff, 'http://10.0.0.1/range', /must be off, or an address/],
  ['a service with a query', serviceOrOff, 'https://api.example.com/?prefix=', /must be off, or an address/],
  ['a service with a password', serviceOrOff, 'https://ann:secret@api.example.com', /must be off, or an address/],
  ['a service that is on', serviceOrOff, 'on', /must be off, or an address/],
  ['a domain in capitals', domainName, 'Example.com', /^must be a domain name in lower case/],
  ['a domain with a scheme', domainName, 'https://example.com', /must be a domain name/],
  ['a domain with a port', domainName, 'example.com:8443', /must be a domain name/],
  ['a domain with a path', domainName, 'example.com/a', /must be a domain name/],
  ['a domain with a dot at the end', domainName, 'example.com.', /must be a domain name/],
  ['a domain that is no ASCII', domainName, 'bücher.example', /must be a domain name/],
  ['an IPv4 address as a domain', domainName, '192.0.2.1', /must be a domain name/],
  ['an IPv6 address as a domain', domainName, '[2001:db8::1]', /must be a domain name/],
  ['an origin without a scheme', originList, 'example.com', /^must be a list of origins/],
  ['an origin with a slash', originList, 'https://example.com/', /must be a list of origins/],
  ['an origin with a path', originList, 'https://example.com/a', /must be a list of origins/],
  ['an origin with its own port', originList, 'https://example.com:443', /must be a list of origins/],
  ['an origin in capitals', originList, 'https://Example.com', /must be a list of origins/],
  ['an origin without TLS', originList, 'http://example.com', /must be a list of origins/],
  ['an origin with a wildcard', originList, 'https://*.example.com', /must be a list of origins/],
  ['a wrong origin after a right one', originList, 'https://a.example, b.example', /must be a list of origins/],
  ['every origin', originList, '*', /must be a list of origins/],
  ['a proxy by name', cidrList, 'proxy.example.com', /^must be a list of addresses and CIDR ranges/],
  ['a word for every proxy', cidrList, 'true', /must be a list of addresses/],
  ['a number of hops', cidrList, '1', /must be a list of addresses/],
  ['an address with a typing error', cidrList, '10.0.0.256', /must be a list of addresses/],
  ['an address with too few parts', cidrList, '10.0.0', /must be a list of addresses/],
  ['a wrong entry after a right one', cidrList, '10.0.0.1,10.0.0.O', /must be a list of addresses/],
  ['a prefix that is too long', cidrList, '10.0.0.0/33', /must be a list of addresses/],
  ['an IPv6 prefix that is too long', cidrList, '::1/129', /must be a list of addresses/],
  ['an empty prefix', cidrList, '10.0.0.0/', /must be a list of addresses/],
  ['two prefixes', cidrList, '10.0.0.0/8/8', /must be a list of addresses/],
  ['a prefix that is no plain number', cidrList, '10.0.0.0/0x8', /must be a list of addresses/],
  ['a prefix with a sign', cidrList, '10.0.0.0/+8', /must be a list of addresses/],
  ['every IPv4 address', cidrList, '0.0.0.0/0', /^must not trust every address/],
  ['every address behind a typing error', cidrList, '10.0.0.0/0', /must not trust every address/],
  ['every address behind two zeros', cidrList, '10.0.0.0/00', /must not trust every address/],
  ['every IPv6 address', cidrList, '::/0', /must not trust every address/],
  ['every IPv4 address, spelled as IPv6', cidrList, '::ffff:0:0/96', /must not trust every address/],
]

describe('a setting takes', () => {
  for (const [name, read, given, value] of accepted) test(name, () => assert.deepEqual(read(given), value))
})

describe('a setting refuses, saying what it should be,', () => {
  for (const [name, read, given, reason] of refused) {
    test(name, () => assert.throws(() => read(given), { name: 'TypeError', message: reason }))
  }
})

describe('a file of lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  after(() => rmSync(folder, { recursive: true }))
  const file = (content: string | Buffer) => {
    const path = join(folder, 'lines.txt')
    writeFileSync(path, content)
    return path
  }

  test('is read without empty lines and without a byte order mark, blanks within lines kept', () => {
    const lines = linesOfFile(file('\ufeffAcme Widgets\r\n\n  \nzebra club\n#1 team'))
    assert.deepEqual(lines, ['Acme Widgets', 'zebra club', '#1 team'])
    assert.equal(linesOfFile(file('word\n'.repeat(100_000))).length, 100_000)
  })

  const faults: readonly [name: string, content: string | Buffer, reason: RegExp][] = [
    ['not text', Buffer.from([0x61, 0xff, 0x0a]), /^must name a file of UTF-8 lines/],
    ['too many lines', 'word\n'.repeat(100_001), /^must name a file of at most 100000 lines$/],
    ['a line that is no password', 'x'.repeat(257), /at most 256 characters/],
    ['too large', 'x\n'.repeat(2 * 1024 * 1024 + 1), /at most 4194304 bytes/],
  ]
  for (const [name, content, reason] of faults) {
    test(`is refused when it is ${name}`, () => {
      assert.throws(() => linesOfFile(file(content)), { name: 'TypeError', message: reason })
    })
  }

  test('is refused when it is not there, or a folder', () => {
    const reason = /^must name a file of UTF-8 lines that can be read/
    for (const path of [join(folder, 'none.txt'), folder]) {
      assert.throws(() => linesOfFile(path), { name: 'TypeError', message: reason })
    }
  })
})

test('a public address with a password is refused without repeating it', () => {
  assert.throws(
    () => publicUrl('https://ann:geheim@auth.example.com'),
    ({ message }: Error) => !message.includes('geheim'),
  )
})
