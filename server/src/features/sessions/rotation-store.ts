/** The one statement of a refresh: compare-and-set on the row of the session, or on the rows of several. */
import { type Expression, type ExpressionBuilder, MysqlAdapter, sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import { prepared } from '../../platform/prepared.ts'
import type { Tables } from '../../platform/tables.ts'

export type Rotation = {
  sessionId: string
  /** Of the token that is shown. */
  tokenId: string
  /** Of the claims that the successor says. */
  claimsVersion: number
  successorId: string
  successorHash: string
  successorSealed: string
  now: number
  expiresAt: number
  accessExpiresAt: number
}

/** Of a token whose signature nobody has looked at: it counts only where its text is, to the letter, the one that was given out. */
export type UnverifiedRotation = Rotation & {
  /** Of the token that is shown. */
  tokenHash: string
}

/**
 * Makes `tokenId` the parent and its successor current: compare-and-set, true for the one that won. Tokens that were given
 * out before may live longer than the new ones, after a setting was changed or from the old service: the later end counts.
 */
export async function rotateSession(db: Db, rotation: Rotation): Promise<boolean> {
  const { numAffectedRows } = await rotateById(db, rotation)
  return numAffectedRows === 1n
}

const rotateById = prepared((db, rotation: Rotation) => updateRotated(db, rotation))

/**
 * The same of several sessions in one statement, which commits them together: as many rows as were rotated. Each is of another
 * session.
 */
export async function rotateUnverified(db: Db, rotations: readonly UnverifiedRotation[]): Promise<number> {
  const [first, ...others] = rotations
  if (!first) return 0
  const { numAffectedRows } = await (others.length === 0
    ? rotateByHash(db, first)
    : rotateTogether(rotations.length)(db, toFlat(rotations)))
  return Number(numAffectedRows)
}

const rotateByHash = prepared((db, rotation: UnverifiedRotation) =>
  updateRotated(db, rotation).where('current_token_hash', '=', rotation.tokenHash),
)

function updateRotated(db: Db, rotation: Rotation) {
  return db
    .updateTable('session')
    .set({
      parent_token_id: rotation.tokenId,
      current_token_id: rotation.successorId,
      current_token_hash: rotation.successorHash,
      successor_sealed: rotation.successorSealed,
      rotated_at: rotation.now,
      last_used_at: rotation.now,
      expires_at: latest('expires_at', sql.val(rotation.expiresAt)),
      access_expires_at: latest('access_expires_at', sql.val(rotation.accessExpiresAt)),
    })
    .where((eb) => eb.and(conditionsOf(rotation, eb)))
}

const conditionsOf = (rotation: Rotation, eb: ExpressionBuilder<Tables, 'session'>) => [
  eb('id', '=', rotation.sessionId),
  eb('current_token_id', '=', rotation.tokenId),
  eb('claims_version', '=', rotation.claimsVersion),
  eb('ended_at', 'is', null),
  eb('expires_at', '>', rotation.now),
]

const unverifiedConditionsOf = (rotation: UnverifiedRotation, eb: ExpressionBuilder<Tables, 'session'>) => [
  ...conditionsOf(rotation, eb),
  eb('current_token_hash', '=', rotation.tokenHash),
]

// The time is an expression: Kysely writes a bare number into the text, and each new text is a statement to be prepared.
function latest(column: 'expires_at' | 'access_expires_at', time: Expression<number>) {
  return (eb: ExpressionBuilder<Tables, 'session'>) =>
    eb.case().when(column, '>', time).then(eb.ref(column)).else(time).end()
}

/**
 * One row a session, which finds its own among the values by its id. A join with a list of them would be shorter, but for
 * joined updates MariaDB writes two temporary tables, and that costs what the common commit saves.
 */
function updateTogether(db: Db, rotations: readonly UnverifiedRotation[]) {
  const integer = sql.raw(db.getExecutor().adapter instanceof MysqlAdapter ? 'signed' : 'bigint')
  const own = <T>(field: keyof UnverifiedRotation) => {
    const each = rotations.map((rotation) => sql`when ${rotation.sessionId} then ${rotation[field]}`)
    return sql<T>`case id ${sql.join(each, sql` `)} end`
  }
  // A database takes a parameter of which it knows nothing for a text.
  const ownTime = (field: 'now' | 'expiresAt' | 'accessExpiresAt') => sql<number>`cast(${own(field)} as ${integer})`
  return db
    .updateTable('session')
    .set({
      parent_token_id: own<string>('tokenId'),
      current_token_id: own<string>('successorId'),
      current_token_hash: own<string>('successorHash'),
      successor_sealed: own<string>('successorSealed'),
      rotated_at: ownTime('now'),
      last_used_at: ownTime('now'),
      expires_at: latest('expires_at', ownTime('expiresAt')),
      access_expires_at: latest('access_expires_at', ownTime('accessExpiresAt')),
    })
    .where((eb) => eb.or(rotations.map((rotation) => eb.and(unverifiedConditionsOf(rotation, eb)))))
}

/** Of these sessions: which tokens lead on, and which did before them. */
export async function listTokenIds(db: Db, sessionIds: readonly string[]): Promise<(string | null)[]> {
  const rows = await db
    .selectFrom('session')
    .select(['current_token_id', 'parent_token_id'])
    .where('id', 'in', sessionIds)
    .execute()
  return rows.flatMap((row) => [row.current_token_id, row.parent_token_id])
}

/** By how many they are: each number is a text of its own, put together once. */
const bySize = new Map<number, ReturnType<typeof preparedFor>>()

function rotateTogether(size: number) {
  const known = bySize.get(size) ?? preparedFor(size)
  bySize.set(size, known)
  return known
}

type Flat = Record<string, string | number>

const preparedFor = (size: number) => prepared((db, values: Flat) => updateTogether(db, fromFlat(values, size)))

const fields = [
  'sessionId',
  'tokenId',
  'tokenHash',
  'claimsVersion',
  'successorId',
  'successorHash',
  'successorSealed',
  'now',
  'expiresAt',
  'accessExpiresAt',
] as const

const nameOf = (index: number, field: string) => `${index} ${field}`

function toFlat(rotations: readonly UnverifiedRotation[]): Flat {
  const flat: Flat = {}
  for (const [index, rotation] of rotations.entries())
    for (const field of fields) flat[nameOf(index, field)] = rotation[field]
  return flat
}

function fromFlat(flat: Flat, size: number): UnverifiedRotation[] {
  return Array.from(
    { length: size },
    (_, index) => Object.fromEntries(fields.map((field) => [field, flat[nameOf(index, field)]])) as UnverifiedRotation,
  )
}
