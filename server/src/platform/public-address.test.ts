import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isLoopbackHost, isPublicAddress } from './public-address.ts'

const publicOnes = [
  '1.1.1.1',
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '64:ff9b::8.8.8.8',
]

// CVE-2026-35409: an IPv4 address spelled as IPv6 passed a deny-list.
const otherOnes = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.2.1',
  '192.168.1.1',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '3fff::1',
  '4000::1',
]

describe('an address', () => {
  for (const address of publicOnes) it(`is public: ${address}`, () => assert.equal(isPublicAddress(address), true))
  for (const address of otherOnes) it(`is not public: ${address}`, () => assert.equal(isPublicAddress(address), false))
  for (const text of ['', 'localhost', '1.2.3', '0x7f.1', '2130706433']) {
    it(`is not public when it is none: ${text || 'nothing'}`, () => assert.equal(isPublicAddress(text), false))
  }
})

describe('a host', () => {
  for (const host of ['localhost', 'auth.localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    it(`is this machine: ${host}`, () => assert.equal(isLoopbackHost(host), true))
  }
  for (const host of ['example.com', 'localhost.example.com', 'notlocalhost', '128.0.0.1', '[::2]', '']) {
    it(`is another one: ${host || 'nothing'}`, () => assert.equal(isLoopbackHost(host), false))
  }
})
