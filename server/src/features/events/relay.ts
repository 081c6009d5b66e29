import { randomId } from '../../platform/random.ts'
import { CHAIN_BEGINS, type ChainEnd } from './chain.ts'
import { type Consumer, type ConsumerDeps, tellConsumer } from './consumer.ts'
import { CHAINED_AT_ONCE, extendChain } from './extend-chain.ts'
import { pause, repeatUntil } from './repeat.ts'
import { dropLease, findHead, insertHead, renewLease, takeLease } from './store.ts'

export type RelayDeps = ConsumerDeps & { config: { leaseMs: number } }

export type RelayWork = {
  consumers: readonly Consumer[]
  /** Sees the end of the chain, again and again, grown or not. */
  watch(end: ChainEnd): Promise<void>
}

/**
 * One relay at a time, over all processes: whoever holds the lease makes the chain longer and tells the consumers. Ends with
 * `signal`; then the next one begins at once.
 */
export async function runRelay(deps: RelayDeps, work: RelayWork, signal: AbortSignal): Promise<void> {
  const { database, clock, logger, config } = deps
  const holder = randomId()
  while (!signal.aborted) {
    const isOurs = await startTerm().catch((error: unknown) => {
      logger.warn({ err: error }, 'the relay of events cannot begin')
      return false
    })
    if (isOurs) await serveTerm(deps, work, holder, signal)
    await pause(config.leaseMs / 3, signal)
  }

  async function startTerm(): Promise<boolean> {
    await insertHead(database.db, CHAIN_BEGINS)
    const now = clock.now()
    return database.statement((db) => takeLease(db, holder, now, now + config.leaseMs))
  }
}

/** Everything that only one process may do, until the lease is lost or `signal` says stop. */
async function serveTerm(deps: RelayDeps, work: RelayWork, holder: string, signal: AbortSignal): Promise<void> {
  const { database, logger } = deps
  const term = new AbortController()
  const until = AbortSignal.any([signal, term.signal])
  const lose = (why: string) => {
    if (!until.aborted) logger.warn({ why }, 'another process relays the events now')
    term.abort()
  }
  logger.debug({ holder }, 'this process relays the events')
  // Nobody else makes the chain longer in this term, so that consumers need not ask the database whether it has grown.
  let lastChained: number | undefined
  const see = async (end: ChainEnd | undefined) => {
    lastChained = end?.sequence
    if (end) await work.watch(end)
  }
  const loops = [
    renewOn(deps, holder, lose, until),
    extendOn(deps, see, holder, lose, until),
    ...work.consumers.map((consumer) => tellConsumer(deps, consumer, () => lastChained, lose, until)),
  ]
  await Promise.all(loops)
  // Of whoever stops on purpose. Otherwise, and when this fails, the lease ends by itself.
  await dropLease(database.db, holder).catch(() => {})
}

async function renewOn(
  { database, clock, config }: RelayDeps,
  holder: string,
  lose: (why: string) => void,
  until: AbortSignal,
): Promise<void> {
  let renewedAt = performance.now()
  while (!until.aborted) {
    await pause(config.leaseMs / 3, until)
    if (until.aborted) return
    const begunAt = performance.now()
    const renewed = await renewLease(database.db, holder, clock.now() + config.leaseMs).catch(() => undefined)
    if (renewed === false) return lose('the lease was taken')
    if (renewed) renewedAt = begunAt
    else if (performance.now() - renewedAt > config.leaseMs) return lose('the database was away for too long')
  }
}

async function extendOn(
  deps: RelayDeps,
  see: (end: ChainEnd | undefined) => Promise<void>,
  holder: string,
  lose: (why: string) => void,
  until: AbortSignal,
): Promise<void> {
  const { logger, config } = deps
  let end: ChainEnd | undefined
  await repeatUntil(until, { pollMs: config.pollMs, onError: tell }, async () => {
    const known = end
    end = undefined // read anew should the next line fail: it may have been committed all the same
    const extension = await extendChain(deps, holder)
    if (extension?.kind === 'lost') {
      lose('the lease was taken')
      return false
    }
    end = extension ?? known ?? (await findHead(deps.database.db))
    await see(end)
    return extension?.count === CHAINED_AT_ONCE
  })

  function tell(error: unknown): void {
    logger.warn({ err: error }, 'events wait for their place in the chain')
  }
}
