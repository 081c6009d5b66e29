import { createHash } from 'node:crypto'
import type { ChainedEvent, KeptEvent } from './event.ts'

/** What the first event follows. */
export const CHAIN_BEGINS: ChainEnd = { sequence: 0, hash: '0'.repeat(64) }

export type ChainEnd = { sequence: number; hash: string }

const FORM = 'samurai-auth event 1' // another form of the text below gets another name

/**
 * The hash of an event at its place: SHA-256 of a JSON array (UTF-8, without spaces) of the form's name, the hash before it,
 * the sequence, and every field of the row in this order. What is personal goes in sealed, so that it can be made unreadable
 * without touching the chain. docs/adr/0019 has it in words.
 */
export function hashOf(previousHash: string, sequence: number, event: KeptEvent): string {
  const { position, id, type, occurredAt, userId, actorKind, actorId, sessionId, clientId } = event
  const { result, reason, data, originSealed, personalSealed } = event
  const facts = [position, id, type, occurredAt, userId, actorKind, actorId, sessionId, clientId, result, reason, data]
  const text = JSON.stringify([FORM, previousHash, sequence, ...facts, originSealed, personalSealed])
  return createHash('sha256').update(text).digest('hex')
}

/** Gives events their places behind the end of the chain, in the order in which they come. */
export function chain(end: ChainEnd, events: readonly KeptEvent[]): ChainedEvent[] {
  let { sequence, hash } = end
  return events.map((event) => {
    sequence += 1
    hash = hashOf(hash, sequence, event)
    return { ...event, sequence, hash }
  })
}

export type ChainFault =
  /** The row at this sequence is not there, though later ones or a checkpoint are, or a consumer was told of it. */
  | 'missing'
  /** The row is not what its hash was made of: changed, inserted, or in the place of another one. */
  | 'changed'
  /** The row fits its chain, but a checkpoint says that another one was here: from somewhere before on, all was made anew. */
  | 'rewritten'

export type ChainVerdict =
  | { kind: 'whole'; end: ChainEnd }
  | { kind: 'broken'; sequence: number; fault: ChainFault; eventId?: string }

/**
 * Walks along the chain up to the first row that is not as it was.
 *
 * @param pages all chained events, by their sequence
 * @param witnessed hashes that are known from elsewhere, by sequence
 * @param begin what the first of them follows: all before it were removed
 */
export async function checkChain(
  pages: AsyncIterable<readonly ChainedEvent[]>,
  witnessed: ReadonlyMap<number, string>,
  begin: ChainEnd = CHAIN_BEGINS,
): Promise<ChainVerdict> {
  const witness = witnessed.get(begin.sequence)
  if (witness !== undefined && witness !== begin.hash)
    return { kind: 'broken', sequence: begin.sequence, fault: 'rewritten' }
  let end = begin
  for await (const page of pages) {
    for (const event of page) {
      const fault = faultOf(end, event, witnessed)
      if (fault === 'missing') return { kind: 'broken', sequence: end.sequence + 1, fault }
      if (fault) return { kind: 'broken', sequence: event.sequence, fault, eventId: event.id }
      end = { sequence: event.sequence, hash: event.hash }
    }
  }
  const isCutOff = [...witnessed.keys()].some((sequence) => sequence > end.sequence)
  if (isCutOff) return { kind: 'broken', sequence: end.sequence + 1, fault: 'missing' }
  return { kind: 'whole', end }
}

function faultOf(end: ChainEnd, event: ChainedEvent, witnessed: ReadonlyMap<number, string>): ChainFault | undefined {
  if (event.sequence > end.sequence + 1) return 'missing'
  if (event.sequence < end.sequence + 1) return 'changed' // a place that is before the first one was given by nobody
  if (hashOf(end.hash, event.sequence, event) !== event.hash) return 'changed'
  const witness = witnessed.get(event.sequence)
  return witness !== undefined && witness !== event.hash ? 'rewritten' : undefined
}
