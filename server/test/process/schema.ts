import type { DatabaseKind } from '../databases.ts'
import type { Sql } from './sql.ts'

const statements: Readonly<Record<DatabaseKind, readonly string[]>> = {
  sqlite: ['select type, name, tbl_name, sql from sqlite_master order by type, name'],
  mysql: [
    `select table_name, column_name, column_type, is_nullable, collation_name, extra
      from information_schema.columns where table_schema = database() order by 1, 2`,
    `select table_name, index_name, seq_in_index, column_name, non_unique
      from information_schema.statistics where table_schema = database() order by 1, 2, 3`,
  ],
  postgres: [
    `select table_name, column_name, data_type, character_maximum_length, is_nullable, is_identity
      from information_schema.columns where table_schema = 'public' order by 1, 2`,
    `select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2`,
    `select conname, contype from pg_constraint where connamespace = 'public'::regnamespace order by 1`,
  ],
}

/** All that a database knows of its tables, in a form that is the same for the same schema. */
export async function describeSchema(kind: DatabaseKind, sql: Sql): Promise<unknown[]> {
  const rows = []
  for (const statement of statements[kind]) rows.push(...(await sql(statement)).map((row) => ({ ...row })))
  return rows
}
