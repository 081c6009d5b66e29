/** Where an import goes in tests: a database, the import into it, what it reported, and the service on it. */
import type { TestContext } from 'node:test'
import { type Environment, runCommand } from '../command-line.ts'
import { type DatabaseKind, freshDatabase } from '../databases.ts'
import { OLD_KEY } from '../old-token.ts'
import { startServer, type TestServer } from '../start-server.ts'
import type { OldDatabase } from './old-service.ts'

export const SECRET_KEY = 'a secret key that only tests have'

export type Target = { kind: DatabaseKind; url: string; environment: Environment }

export async function makeTarget(t: TestContext, kind: DatabaseKind): Promise<Target> {
  const { url } = await freshDatabase(t, kind)
  return { kind, url, environment: { DATABASE_URL: url, SECRET_KEY } }
}

export function startTarget(t: TestContext, { kind, url }: Target): Promise<TestServer> {
  return startServer(t, {
    kind,
    url,
    clock: 'running',
    environment: { JWT_SECRET_KEY: OLD_KEY, REFRESH_GRACE_SECONDS: '0', SECRET_KEY },
  })
}

export function importFrom(t: TestContext, old: OldDatabase, { environment }: Target, ...options: string[]) {
  return runCommand(t, environment, ['import', 'django', '--from', old.url, ...options])
}

/** The numbers before these words in the report. */
export function countsIn(output: string): Record<string, number> {
  const words = ['new', 'changed', 'unchanged', 'left out', 'stay signed in']
  return Object.fromEntries(
    words.map((word) => [
      word,
      Number(new RegExp(`^ *([\\d,]+) {2}${word}$`, 'm').exec(output)?.[1]?.replace(',', '')),
    ]),
  )
}

/** The report without the progress before it, which tells of speed. */
export function reportIn(output: string): string {
  return output.slice(output.indexOf('Users: ')).replace(/^(users|refresh tokens): .*\n/gm, '')
}

/** Every row of every table. */
export async function dump({ db }: TestServer): Promise<string> {
  const orders = { user: 'id', password: 'user_id', signing_key: 'id', session: 'id', revocation: 'id' } as const
  const tables = Object.entries(orders) as [keyof typeof orders, string][]
  const rows = await Promise.all(
    tables.map(([table, order]) => db.selectFrom(table).selectAll().orderBy(db.dynamic.ref(order)).execute()),
  )
  return JSON.stringify(rows)
}
