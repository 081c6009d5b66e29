/** Which buckets an attempt is about. Keys are made of what was read and normalised, never of the text of a request. */
import type { Sealer } from '../../platform/secrets.ts'
import type { Rule } from './bucket.ts'
import type { Networks } from './network.ts'
import { type BucketKind, GLOBAL_SHARDS, globalLimit, type Limit, limits, type Purpose } from './rules.ts'
import type { BucketName } from './store.ts'

/** Who attempts, as far as the door can tell. */
export type Visitor = {
  /** What the connection says, or a trusted proxy. */
  address: string | null
  /** Whether the address is that of the other end of the connection. */
  isPeer: boolean
  /** The id in a device mark of ours. */
  deviceId: string | undefined
}

export type Attempt = {
  purpose: Purpose
  /** What identifiers are compared by, if the attempt names one: the same for all spellings of it. */
  identifierKey?: string
  visitor: Visitor
  /** The solution of a challenge. */
  solution?: string | undefined
}

/** One bucket of an attempt. */
export type Slot = BucketName & { rule: Rule; challengeAt: number }

export type Slots = {
  /** What counts for whoever is not known here. In the order in which rows are locked. */
  strange: readonly Slot[]
  /** Where a success is remembered: the device first, then the network. */
  familiar: readonly Familiar[]
}

/** A device or a network, which is known to an account by a sign-in. */
export type Familiar = {
  /** Says that it is known, whatever is attempted. */
  marker: Slot
  /** What counts alone where it is known. Of a sign-in it is the marker itself. */
  own: Slot
}

export type SlotFinder = {
  slotsOf(attempt: Attempt): Slots
  /** What all buckets of an identifier have in common; two while SECRET_KEY changes, the one in use first. */
  accountsOf(identifierKey: string): readonly string[]
}

export function createSlotFinder(deps: { sealer: Sealer; networks: Networks; globalPerMinute: number }): SlotFinder {
  const { sealer, networks } = deps
  const inAll = globalLimit(deps.globalPerMinute)
  const inUse = namesUnder(sealer.mac)
  const before = sealer.macs.slice(1).map(namesUnder)

  function slotsUnder({ digest, accountOf, slot }: Names, { purpose, identifierKey, visitor }: Attempt): Slots {
    const account = identifierKey === undefined ? undefined : accountOf(identifierKey)
    const ofAccount = (...parts: Parameters<typeof slot>): Slot => ({ ...slot(...parts), account: account ?? null })
    const { account: perAccount, accountOf: whose = purpose, pair, address } = limits[purpose]
    const network = networks.networkOf(visitor.address, visitor.isPeer)
    const shard = (digest(purpose, account ?? network ?? '').at(0) ?? 0) % GLOBAL_SHARDS
    const strange: Slot[] = []
    if (account !== undefined && perAccount) strange.push(ofAccount('account', perAccount, whose, account))
    if (address && network !== undefined) strange.push(slot('address', address, purpose, network))
    if (address) strange.push({ ...slot('global', inAll), id: `global:${purpose}:${shard}` })
    if (account !== undefined && pair && network !== undefined)
      strange.push(ofAccount('pair', pair, purpose, account, 'network', network))
    const places = { device: visitor.deviceId, network }
    return { strange, familiar: account === undefined ? [] : familiarOf(slot, purpose, account, places) }
  }

  function familiarOf(
    slot: Names['slot'],
    purpose: Purpose,
    account: string,
    places: Record<'device' | 'network', string | undefined>,
  ) {
    const { known } = limits[purpose]
    if (!known) return []
    const ofPlace = (kind: BucketKind, ...key: string[]) => ({ ...slot(kind, known, ...key), account })
    return (['device', 'network'] as const).flatMap((place): Familiar[] => {
      const id = places[place]
      if (id === undefined) return []
      const marker = ofPlace(place === 'device' ? 'known' : 'pair', 'sign-in', account, place, id)
      const own = purpose === 'sign-in' ? marker : ofPlace('pair', purpose, account, place, id)
      return [{ marker, own: { ...own, challengeAt: Number.POSITIVE_INFINITY } }]
    })
  }

  return {
    slotsOf(attempt) {
      const { strange, familiar } = slotsUnder(inUse, attempt)
      // Who was known before SECRET_KEY changed is known by another name. What strangers tried is counted anew.
      return { strange, familiar: [...familiar, ...before.flatMap((names) => slotsUnder(names, attempt).familiar)] }
    },
    accountsOf: (identifierKey) => [inUse, ...before].map(({ accountOf }) => accountOf(identifierKey)),
  }
}

type Names = ReturnType<typeof namesUnder>

// A keyed hash: the table tells nobody who tried to sign in from where. 128 bits, in hexadecimal for every collation.
function namesUnder(mac: Sealer['mac']) {
  const digest = (...parts: readonly string[]) => mac(`limits ${JSON.stringify(parts)}`).subarray(0, 16)
  const accountOf = (identifierKey: string) => digest('account', identifierKey).toString('hex')
  const slot = (kind: BucketKind, { rule, challengeAt }: Limit, ...key: readonly string[]): Slot => {
    const id = `${kind === 'known' ? 'device' : kind}:${digest(...key).toString('hex')}`
    return { id, kind, account: null, rule, challengeAt }
  }
  return { digest, accountOf, slot }
}
