import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createNetworks } from './network.ts'

const { networkOf } = createNetworks(['198.51.100.0/24', '2001:db8:aaaa::/48'])

// CVE-2026-45364: a limit by the text of an address had as many buckets as an address has spellings, and a /64 addresses.
describe('CVE-2026-45364: one network, however it is spelled', () => {
  const spellings: [network: string, addresses: string[]][] = [
    [
      '203.0.113.7',
      [
        '203.0.113.7',
        '::ffff:203.0.113.7',
        '::FFFF:203.0.113.7',
        '::ffff:cb00:7107',
        '0:0:0:0:0:ffff:cb00:7107',
        '0000:0000:0000:0000:0000:FFFF:203.0.113.7',
        '64:ff9b::203.0.113.7',
        '64:ff9b::cb00:7107',
        '203.0.113.7:51000',
        '[::ffff:203.0.113.7]:443',
      ],
    ],
    [
      '2001:db8:0:1::/64',
      [
        '2001:db8:0:1::',
        '2001:db8:0:1::1',
        '2001:DB8:0:1:ffff:ffff:ffff:ffff',
        '2001:0db8:0000:0001:0000:0000:0000:0002',
        '2001:db8:0:1:0:0:203.0.113.7',
        '[2001:db8:0:1::9]',
        '[2001:db8:0:1::9]:443',
        '2001:db8:0:1::1%eth0',
      ],
    ],
  ]
  for (const [network, addresses] of spellings) {
    for (const address of addresses) {
      test(`${address} is ${network}`, () => assert.equal(networkOf(address, false), network))
    }
  }

  test('the neighbours are others', () => {
    assert.equal(networkOf('203.0.113.8', true), '203.0.113.8')
    assert.equal(networkOf('2001:db8:0:2::1', true), '2001:db8:0:2::/64')
    assert.equal(networkOf('64:ff9b::203.0.113.8', true), '203.0.113.8')
  })
})

const manyPeople = [
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.1.1',
  '100.64.0.1',
  '::1',
  '::ffff:10.1.2.3',
  'fd00::1',
  'fe80::1%eth0',
]

describe('who connects from a private address may be a gateway, and stands for everybody behind it', () => {
  for (const address of manyPeople) {
    test(address, () => {
      assert.equal(networkOf(address, true), undefined)
      assert.notEqual(networkOf(address, false), undefined) // said by a trusted proxy, it is one client of the intranet
    })
  }

  test('and so does whoever is named as such, wherever the address was learnt', () => {
    for (const isPeer of [true, false]) {
      assert.equal(networkOf('198.51.100.77', isPeer), undefined)
      assert.equal(networkOf('::ffff:198.51.100.77', isPeer), undefined)
      assert.equal(networkOf('2001:db8:aaaa:1::1', isPeer), undefined)
    }
  })
})

test('what a proxy made up is one network, so that making up pays nothing', () => {
  for (const text of ['a', '', '1.2.3', '999.1.1.1', '2001:db8::1::2', '203.0.113.7, 203.0.113.8', '1'.repeat(5_000)]) {
    assert.equal(networkOf(text, false), 'unreadable')
  }
  assert.equal(networkOf(null, true), undefined)
})

test('any two addresses of a /64 are one network, and any text is answered', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16))
  const half = fc.array(group, { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(half, half, half, (prefix, one, other) => {
      const of = (host: string[]) => networkOf([...prefix, ...host].join(':'), false)
      if (prefix.join('') !== '0000' && prefix.join(':') !== '64:ff9b:0:0') assert.equal(of(one), of(other))
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => typeof networkOf(text, false) !== 'object'))
})
