/** Which buckets an attempt is about. Keys are made of what was read and normalised, never of the text of a request. */
import type { Sealer } from '../../platform/secrets.ts'
import type { Rule } from './bucket.ts'
import type { Networks } from './network.ts'
import { type BucketKind, GLOBAL_SHARDS, globalLimit, type Limit, limits, type Purpose } from './rules.ts'

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
export type Slot = { id: string; kind: BucketKind; rule: Rule; challengeAt: number }

export type Slots = {
  /** What counts for whoever is not known here. In the order in which rows are locked. */
  strange: readonly Slot[]
  /** Where a success is remembered: the device first, then the network. Of these, what is remembered counts alone. */
  familiar: readonly Slot[]
}

export type SlotFinder = (attempt: Attempt) => Slots

export function createSlotFinder(deps: { sealer: Sealer; networks: Networks; globalPerMinute: number }): SlotFinder {
  const { sealer, networks } = deps
  const inAll = globalLimit(deps.globalPerMinute)

  // A keyed hash: the table tells nobody who tried to sign in from where. 128 bits, in hexadecimal for every collation.
  const digest = (...parts: readonly string[]) => sealer.mac(`limits ${JSON.stringify(parts)}`).subarray(0, 16)
  const slot = (kind: BucketKind, { rule, challengeAt }: Limit, ...key: readonly string[]): Slot => {
    return { id: `${kind === 'known' ? 'device' : kind}:${digest(...key).toString('hex')}`, kind, rule, challengeAt }
  }

  return ({ purpose, identifierKey: account, visitor }) => {
    const { account: perAccount, pair, known, address } = limits[purpose]
    const network = networks.networkOf(visitor.address, visitor.isPeer)
    const shard = (digest(purpose, account ?? network ?? '').at(0) ?? 0) % GLOBAL_SHARDS
    const strange: Slot[] = []
    const familiar: Slot[] = []
    if (account !== undefined && perAccount) strange.push(slot('account', perAccount, purpose, account))
    if (network !== undefined) strange.push(slot('address', address, purpose, network))
    strange.push({ ...slot('global', inAll), id: `global:${purpose}:${shard}` })
    if (account !== undefined && known && visitor.deviceId !== undefined)
      familiar.push(slot('known', known, purpose, account, 'device', visitor.deviceId))
    if (account !== undefined && pair && network !== undefined) {
      const paired = slot('pair', pair, purpose, account, 'network', network)
      strange.push(paired)
      familiar.push(paired)
    }
    return { strange, familiar }
  }
}
