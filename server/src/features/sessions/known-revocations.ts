import type { EndedSession } from './session.ts'

/** A revocation as this process knows it. */
export type KnownRevocation = EndedSession & {
  /** Id of its row; undefined until the row was read. */
  row: number | undefined
  /** The how manyth it was that this process learnt. */
  number: number
}

/** Which part of the revocations. */
export type Stretch = {
  /** Those of rows above that. */
  aboveRow: number
  /** Of these, those that were learnt after so many. */
  afterNumber: number
  /** Not those that had expired by then, in milliseconds since the epoch. */
  expiredAt: number
  most: number
}

export type KnownRevocations = {
  /** How many were learnt so far. */
  readonly number: number
  has(sessionId: string): boolean
  /** @param row its id, if the row was read */
  add(ended: EndedSession, row?: number): void
  /**
   * In the order of their rows. Those whose row has not been read yet, which are those of the last moment, come on top of the last
   * part.
   */
  list(stretch: Stretch): { revocations: KnownRevocation[]; isWhole: boolean }
  /** Forgets what had expired at a time. */
  forget(expiredAt: number): void
}

/** Revocations by their session and by their row: whoever follows them asks by row, since that order is the same in all processes. */
export function createKnownRevocations(): KnownRevocations {
  const bySession = new Map<string, KnownRevocation>()
  const withoutRow = new Set<KnownRevocation>()
  let byRow: KnownRevocation[] = []
  let number = 0

  function indexAbove(row: number): number {
    let [low, high] = [0, byRow.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((byRow[middle]?.row ?? 0) <= row) low = middle + 1
      else high = middle
    }
    return low
  }

  function place(revocation: KnownRevocation, row: number): void {
    revocation.row = row
    withoutRow.delete(revocation)
    const index = indexAbove(row)
    if (index === byRow.length) byRow.push(revocation)
    else byRow.splice(index, 0, revocation)
  }

  return {
    get number() {
      return number
    },
    has: (sessionId) => bySession.has(sessionId),
    add(ended, row) {
      let known = bySession.get(ended.sessionId)
      if (!known) {
        known = { ...ended, row: undefined, number: ++number }
        bySession.set(known.sessionId, known)
        withoutRow.add(known)
      }
      if (row !== undefined && known.row === undefined) place(known, row)
    },
    list({ aboveRow, afterNumber, expiredAt, most }) {
      const isMeant = (known: KnownRevocation) => known.number > afterNumber && known.expiresAt > expiredAt
      const revocations: KnownRevocation[] = []
      for (let index = indexAbove(aboveRow); index < byRow.length; index++) {
        const known = byRow[index]
        if (!known || !isMeant(known)) continue
        if (revocations.length === most) return { revocations, isWhole: false }
        revocations.push(known)
      }
      for (const known of withoutRow) if (isMeant(known)) revocations.push(known)
      return { revocations, isWhole: true }
    },
    forget(expiredAt) {
      const isExpired = ({ expiresAt }: KnownRevocation) => expiresAt <= expiredAt
      byRow = byRow.filter((known) => !isExpired(known))
      for (const known of bySession.values()) {
        if (!isExpired(known)) continue
        bySession.delete(known.sessionId)
        withoutRow.delete(known)
      }
    },
  }
}
