/** Which addresses belong to the public Internet: what a request that somebody else chose the target of may reach. */
import { BlockList, isIP } from 'node:net'

// IANA IPv4 Special-Purpose Address Registry (RFC 6890), multicast and what is reserved.
const special4: readonly [network: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT, and some clouds' metadata
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local: metadata of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

// Within the global unicast range, but not the Internet: protocol assignments and Teredo, 6to4, documentation.
const special6: readonly [network: string, bits: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const NAT64 = '64:ff9b::' // RFC 6052 §2.1: an IPv4 address in an IPv6 one, as networks without IPv4 resolve names

const special = new BlockList()
for (const [network, bits] of special4) {
  special.addSubnet(network, bits, 'ipv4')
  special.addSubnet(NAT64 + network, 96 + bits, 'ipv6')
}
for (const [network, bits] of special6) special.addSubnet(network, bits, 'ipv6')

const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6') // RFC 4291 §2.4: all global unicast addresses that are given out
global6.addSubnet(NAT64, 96, 'ipv6')

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether it is an address of the public Internet. An IPv4 address spelled as IPv6 is none: nobody needs that spelling. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !special.check(address, 'ipv4')
  return family === 6 && !address.includes('%') && global6.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

/** Whether a host, as a URL has it, is this machine: a loopback address, or a name in `localhost` (RFC 6761 §6.3). */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '')
  const family = isIP(name)
  if (family === 0) return name === 'localhost' || name.endsWith('.localhost')
  return loopback.check(name, family === 4 ? 'ipv4' : 'ipv6')
}
