/**
 * Which network a visitor comes from: one text for every spelling of an address, one for a whole IPv6 subscriber, and
 * nothing for an address behind which there may be everybody.
 */
import { BlockList, isIP, SocketAddress } from 'node:net'

export type Networks = {
  /**
   * The network of an address, such as `203.0.113.7` or `2001:db8:0:1::/64`; undefined when it stands for many people.
   *
   * @param isPeer whether it is the other end of the connection, and not what a trusted proxy said about somebody
   */
  networkOf(address: string | null, isPeer: boolean): string | undefined
}

/** Of addresses that a trusted proxy made up: all of them together are one network. */
const UNREADABLE = 'unreadable'

// IANA's special-purpose registries (RFC 6890): loopback, private, link-local, shared (RFC 6598), unique local.
const PRIVATE_RANGES = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::/127',
  'fc00::/7',
  'fe80::/10',
]

/** @param sharedAddresses more addresses and CIDR ranges that stand for many people */
export function createNetworks(sharedAddresses: readonly string[]): Networks {
  const privates = blockListOf(PRIVATE_RANGES)
  const shared = blockListOf(sharedAddresses)
  return {
    networkOf(text, isPeer) {
      const address = text === null ? undefined : readAddress(text)
      if (!address) return isPeer ? undefined : UNREADABLE // a socket that is gone has no address
      const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
      if (shared.check(address, family) || (isPeer && privates.check(address, family))) return undefined
      return family === 'ipv4' ? address : `${groupsOf(address).slice(0, 4).join(':')}::/64`
    },
  }
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const isV4 = isIP(address) === 4
    list.addSubnet(address, Number(prefix ?? (isV4 ? 32 : 128)), isV4 ? 'ipv4' : 'ipv6')
  }
  return list
}

/** The one spelling of an address; undefined when it is none. Some proxies append the port. */
function readAddress(text: string): string | undefined {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const [withoutZone = ''] = bare.split('%', 1) // RFC 4007 §11: a name of this machine's interface
  const family = isIP(withoutZone)
  if (family !== 6) return family === 4 ? withoutZone : undefined
  return ipv4Within(groupsOf(withoutZone)) ?? withoutZone
}

/** The eight groups of an IPv6 address, in lower case and without leading zeros (RFC 5952 §4). */
function groupsOf(address: string): string[] {
  const { address: normal } = new SocketAddress({ address, family: 'ipv6' })
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(normal)
  const text = dotted ? `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}` : normal
  const [head = '', tail] = text.split('::')
  const [left, right] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [string[], string[]]
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16).toString(16))
}

const pair = (high = '', low = '') => (Number(high) * 256 + Number(low)).toString(16)

const IPV4_MAPPED = '0:0:0:0:0:ffff' // RFC 4291 §2.5.5.2
const NAT64 = '64:ff9b:0:0:0:0' // RFC 6052 §2.1: the whole of IPv4 within one /64

function ipv4Within(groups: readonly string[]): string | undefined {
  if (![IPV4_MAPPED, NAT64].includes(groups.slice(0, 6).join(':'))) return undefined
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.')
}
