/** The old service's database, read in batches by primary key, each in a short read-only transaction. Nothing here writes. */
import { Kysely, sql, type Transaction } from 'kysely'
import type { OldToken, OldUser } from '../../features/lifecycle/lifecycle.ts'
import type { ServerAddress } from '../../platform/database-url.ts'
import { mysqlDialect } from '../../platform/mysql-dialect.ts'
import { withTranslatedErrors } from '../../platform/translated-driver.ts'
import { outageText } from '../outage.ts'
import type { DjangoTables } from './django-tables.ts'

export type DjangoUser = OldUser & { id: number }

export type DjangoSource = {
  /** @throws Error in a sentence when these are not the tables of the old service */
  survey(): Promise<Survey>
  users(batchRows: number): AsyncGenerator<DjangoUser[]>
  tokens(batchRows: number): AsyncGenerator<OldToken[]>
  /** Addresses by id, of those users that exist. */
  findEmails(ids: readonly number[]): Promise<Map<number, string>>
  close(): Promise<void>
}

export type Survey = {
  users: number
  /** Undefined: there are no tables of refresh tokens. */
  tokens: number | undefined
  /** The highest id that was ever given to a user. */
  highestId: number
}

const USERS = 'accounts_customuser'
const OUTSTANDING = 'token_blacklist_outstandingtoken'
const BLACKLISTED = 'token_blacklist_blacklistedtoken'
const TOKEN_CHARACTERS = 8192 // nothing longer is a token here; the column takes 4 GB
const EPOCH = '1970-01-01 00:00:00'

export function openDjangoSource(address: ServerAddress): DjangoSource {
  const db = new Kysely<DjangoTables>({ dialect: withTranslatedErrors(mysqlDialect(address, 1)) })
  const read = <T>(work: (tx: Transaction<DjangoTables>) => Promise<T>) =>
    db.transaction().setAccessMode('read only').execute(work).catch(tellWhichDatabase)
  return {
    survey: () => read(survey),
    users: (rows) => inBatches((above) => read((tx) => readUsers(tx, above, rows)), rows),
    tokens: (rows) => inBatches((above) => read((tx) => readTokens(tx, above, rows)), rows),
    findEmails: (ids) => read((tx) => readEmails(tx, ids)),
    close: () => db.destroy(),
  }
}

function tellWhichDatabase(error: unknown): never {
  const outage = outageText('The old database', error)
  throw outage ? new Error(outage, { cause: error }) : error
}

async function survey(tx: Transaction<DjangoTables>): Promise<Survey> {
  const tables = await tx
    .selectFrom('information_schema.tables')
    .select(['table_name as name', 'auto_increment as nextId'])
    .where('table_schema', '=', sql<string>`database()`)
    .where('table_name', 'in', [USERS, OUTSTANDING, BLACKLISTED])
    .execute()
  const usersTable = tables.find(({ name }) => name === USERS)
  if (!usersTable) throw new Error(`There is no table ${USERS}: this is not the database of the old service.`)
  const { users, highestId } = await tx
    .selectFrom(USERS)
    .select((eb) => [eb.fn.countAll<number>().as('users'), eb.fn.max('id').as('highestId')])
    .executeTakeFirstOrThrow()
  if (highestId !== null && typeof highestId !== 'number') throw new Error(`The ids in ${USERS} are no integers.`)
  const hasTokens = tables.length === 3
  return {
    users,
    tokens: hasTokens ? await countTokens(tx) : undefined,
    highestId: Math.max(highestId ?? 0, (usersTable.nextId ?? 1) - 1),
  }
}

async function countTokens(tx: Transaction<DjangoTables>): Promise<number> {
  const row = await tx
    .selectFrom(OUTSTANDING)
    .select((eb) => eb.fn.countAll<number>().as('tokens'))
    .executeTakeFirstOrThrow()
  return row.tokens
}

async function* inBatches<Row extends { id: number }>(
  readAbove: (id: number | undefined) => Promise<Row[]>,
  batchRows: number,
): AsyncGenerator<Row[]> {
  let above: number | undefined
  for (;;) {
    const batch = await readAbove(above)
    if (batch.length > 0) yield batch
    if (batch.length < batchRows) return
    above = batch.at(-1)?.id
  }
}

async function readUsers(
  tx: Transaction<DjangoTables>,
  above: number | undefined,
  rows: number,
): Promise<DjangoUser[]> {
  const found = await tx
    .selectFrom(USERS)
    .select(['id', 'is_active as isActive', textOf('email').as('email'), textOf('password').as('hash')])
    .select([textOf('first_name').as('firstName'), textOf('last_name').as('lastName')])
    .select(millisecondsOf('last_login').as('lastLoginAt'))
    .$if(above !== undefined, (query) => query.where('id', '>', above ?? 0))
    .orderBy('id')
    .limit(rows)
    .execute()
  return found.map((user) => ({ ...user, isActive: Boolean(user.isActive), isEmailVerified: false }))
}

// Whether a token has expired is for the reader of its claims to say; a day's margin keeps long dead ones from being sent.
async function readTokens(tx: Transaction<DjangoTables>, above: number | undefined, rows: number): Promise<OldToken[]> {
  const found = await tx
    .selectFrom(`${OUTSTANDING} as outstanding`)
    .leftJoin(`${BLACKLISTED} as blacklisted`, 'blacklisted.token_id', 'outstanding.id')
    .select(['outstanding.id', 'outstanding.jti as tokenId', 'blacklisted.id as blacklistedId'])
    .select(
      sql<string | null>`if(outstanding.expires_at < utc_timestamp() - interval 1 day, null,
        left(outstanding.token, ${sql.lit(TOKEN_CHARACTERS + 1)}))`.as('token'),
    )
    .$if(above !== undefined, (query) => query.where('outstanding.id', '>', above ?? 0))
    .orderBy('outstanding.id')
    .limit(rows)
    .execute()
  return found.map(({ blacklistedId, ...token }) => ({ ...token, isBlacklisted: blacklistedId !== null }))
}

async function readEmails(tx: Transaction<DjangoTables>, ids: readonly number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.selectFrom(USERS).select(['id', 'email']).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, email }) => [id, email]))
}

// Django has no null there; somebody else may.
function textOf(column: 'email' | 'password' | 'first_name' | 'last_name') {
  return sql<string>`coalesce(${sql.ref(column)}, '')`
}

// Django keeps UTC without saying so (USE_TZ). `unix_timestamp` would end in 2038 with MariaDB 10.11.
function millisecondsOf(column: 'last_login') {
  return sql<number | null>`timestampdiff(microsecond, ${sql.lit(EPOCH)}, ${sql.ref(column)}) div 1000`
}
