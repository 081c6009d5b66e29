/**
 * Signing keys: made on the first start, rotated by the calendar, sealed in the database, published as a key set. Every
 * process follows a change within a second. Only this folder touches private keys.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db.ts'
import type { Logger } from '../../platform/logger.ts'
import { refused } from '../../platform/refusal.ts'
import type { Sealer } from '../../platform/secrets.ts'
import type { Siblings } from '../../platform/siblings.ts'
import type { Events } from '../events/events.ts'
import { type Algorithm, algorithms } from './algorithm.ts'
import { buildKeyRing, findCurrent, type KeySet, TOKEN_TYPE, type VerificationKey } from './key-ring.ts'
import type { KeyFacts, RotationPolicy, Step, Urgency } from './key-states.ts'
import { sealAgain } from './make-key.ts'
import { type Rotator, rotateKeys } from './rotate-keys.ts'
import { listKeys, readVersion, replaceSealed, retireKey } from './store.ts'

export type { Algorithm } from './algorithm.ts'
export type { KeySet, VerificationKey } from './key-ring.ts'
export type { KeyFacts, KeyState, RotationPolicy, Step, Urgency } from './key-states.ts'
export { readSigned } from './read-signed.ts'

export type Keys = {
  /**
   * Signs claims with the current key: a compact JWS (RFC 7515 §3.1). About 70 µs with ES256.
   *
   * @param type the header's `typ`; only what was signed as `JWT` is found again by `findKey`
   */
  sign(claims: object, type?: string): string
  /** How much of a token its signature takes: from 86 (ES256) to 4,412 (ML-DSA-65). */
  signatureCharacters: number
  /**
   * The key whose tokens begin with this encoded header, or undefined. The header is compared as a whole: algorithm, type
   * and key id cannot be chosen by whoever sends a token (RFC 8725 §3.1, §3.10).
   */
  findKey(encodedHeader: string): VerificationKey | undefined
  keySet(): KeySet
  /** A number that changes with the ring: what was found with an older one is to be found again. */
  ringNumber(): number
  /** Follows changes by other processes until `signal` says stop. */
  follow(signal: AbortSignal): void
  /** Every key that is not retired, oldest first. */
  list(): readonly KeyFacts[]
  /** Takes the steps that are due, or hurries them; each is an event. Everybody follows within a second. */
  rotate(urgency: Urgency, by?: Rotator): Promise<Step[]>
  /**
   * Retires a key at once, in the caller's transaction; call `renew` after the commit.
   *
   * @throws Refusal 'not-found' when there is no such key, or it is retired
   */
  retire(tx: Db, id: string): Promise<KeyFacts>
  /** Makes what is missing, loads the ring anew and tells the siblings. */
  renew(): Promise<void>
  /** Seals every private key under the SECRET_KEY in use. @returns how many were under another */
  sealAgain(): Promise<number>
}

export type KeysDeps = {
  database: Database
  events: Events
  clock: Clock
  logger: Logger
  sealer: Sealer
  siblings: Siblings
  config: {
    /** The first one signs tokens; each has a current key in the key set. */
    algorithms: readonly [Algorithm, ...Algorithm[]]
    policy: RotationPolicy
    pollMs: number
  }
}

/** What the calendar asks for. */
const byItself: Rotator = { actor: { kind: 'system' } }

const TOPIC = 'keys-changed'

/**
 * Loads the key ring, making the first keys when there are none.
 *
 * @throws Error when SECRET_KEY does not open the keys in the database
 */
export async function createKeys(deps: KeysDeps): Promise<Keys> {
  const { database, logger, sealer, siblings, config } = deps
  const [signingAlgorithm] = config.algorithms
  const making = { ...deps, policy: config.policy, algorithms: config.algorithms, dismissesOthers: false }
  const rotation = { ...making, dismissesOthers: true }
  let version = ''
  let ringNumber = 0

  async function load() {
    const loaded = await readVersion(database.db)
    const ring = buildKeyRing(await listKeys(database.db), signingAlgorithm, sealer)
    version = loaded
    ringNumber++
    return ring
  }

  async function renew(): Promise<void> {
    await rotateKeys(making, 'when-due', byItself)
    ring = await load()
    await siblings.tell({ topic: TOPIC, body: null })
  }

  async function followOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await wait(config.pollMs, undefined, { signal, ref: false }).catch(() => {}) // an abort ends the loop
      if (!signal.aborted) await reloadIfChanged().catch(() => {}) // the database is away: the revocations tell that
    }
  }

  async function reloadIfChanged(): Promise<void> {
    if ((await readVersion(database.db)) === version) return
    // A process with other settings has no use for the key that we sign with, and may have taken it from us.
    if (!findCurrent(await listKeys(database.db), signingAlgorithm)) await rotateKeys(making, 'when-due', byItself)
    ring = await load()
    logger.info({ keys: ring.keys.map(({ id, state }) => ({ id, state })) }, 'key ring reloaded')
  }

  await rotateKeys(making, 'when-due', byItself)
  let ring = await load()
  siblings.listen(({ topic }) => {
    if (topic === TOPIC) void reloadIfChanged().catch(() => {}) // the next poll reads it
  })

  return {
    sign: (claims, type = TOKEN_TYPE) => ring.sign(claims, type),
    signatureCharacters: Math.ceil((algorithms[signingAlgorithm].signatureBytes * 4) / 3),
    findKey: (encodedHeader) => ring.findKey(encodedHeader),
    keySet: () => ring.keySet,
    ringNumber: () => ringNumber,
    follow: (signal) => void followOn(signal),
    list: () => ring.keys,
    renew,
    async rotate(urgency, by = byItself) {
      const steps = await rotateKeys(rotation, urgency, by)
      // At once: what was only made is promoted too.
      if (urgency === 'now' && steps.some(({ kind }) => kind === 'make'))
        steps.push(...(await rotateKeys(rotation, urgency, by)))
      if (steps.length > 0) await renew()
      return steps
    },
    async retire(tx, id) {
      const key = (await listKeys(tx)).find((candidate) => candidate.id === id)
      if (!key || !(await retireKey(tx, id))) throw refused('not-found')
      return key
    },
    async sealAgain() {
      const outdated = (await listKeys(database.db)).filter(
        (key) => !key.privateKeySealed.startsWith(`${sealer.keyId}.`),
      )
      for (const key of outdated) {
        await replaceSealed(database.db, key.id, key.privateKeySealed, sealAgain(key, sealer))
      }
      return outdated.length
    },
  }
}
