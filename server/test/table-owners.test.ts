/** Each table is written by the store of one feature, the one that platform/tables.ts names as its owner. */
import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tableOwners } from './start-server.ts'

const root = join(import.meta.dirname, '../src')

/** What writes a table: by Kysely, whose argument must be a plain name, or by SQL text. */
const builders = /\b(?:insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(\s*([^)]*?)\s*\)/g
const statements =
  /\b(?:insert\s+into|replace\s+into|delete\s+from|merge\s+into|truncate(?:\s+table)?|update)\s+["`']?(\w+)/gi

type Write = { file: string; table: string }

test('each table is written by the store of its owner only', async () => {
  const writes = (await Promise.all((await sources()).map(async (file) => writesOf(file, await read(file))))).flat()
  assert.deepEqual(writes.flatMap(complaintOf), [])
  const owned = writes.filter(({ file }) => file !== EMPTIES_ALL)
  assert.deepEqual([...new Set(owned.map(({ table }) => table))].sort(), Object.keys(tableOwners).sort())
  const emptied = writes.filter(({ file }) => file === EMPTIES_ALL)
  assert.deepEqual(emptied, [{ file: EMPTIES_ALL, table: 'table' }])
})

/** Test mode begins anew: of whatever table, it only removes what tests have made. */
const EMPTIES_ALL = 'features/test-mode/store.ts'

const planted: readonly (readonly [file: string, text: string, complaint: string | undefined])[] = [
  ['features/users/store.ts', "tx.insertInto('user').values(x)", undefined],
  ['features/sessions/rotation-store.ts', "tx.updateTable('session')", undefined],
  [
    'features/sessions/restore.ts',
    "tx.updateTable('session')",
    'features/sessions/restore.ts writes session: only features/sessions/store.ts may',
  ],
  [
    'features/users/users.ts',
    "tx.updateTable('user')",
    'features/users/users.ts writes user: only features/users/store.ts may',
  ],
  [
    'features/sessions/store.ts',
    "tx\n  .deleteFrom(\n 'user'\n)",
    'features/sessions/store.ts writes user: only features/users/store.ts may',
  ],
  ['cli/import.ts', 'tx.insertInto(table)', 'cli/import.ts writes table: nobody may'],
  [
    'http/login.ts',
    'sql`UPDATE "session" set x = 1`',
    'http/login.ts writes session: only features/sessions/store.ts may',
  ],
  [
    'jobs/purge.ts',
    'sql`delete from revocation`',
    'jobs/purge.ts writes revocation: only features/sessions/store.ts may',
  ],
  [EMPTIES_ALL, 'tx.deleteFrom(table)', undefined],
  ['platform/migrations/1.ts', "tx.insertInto('user')", undefined],
]

for (const [file, text, complaint] of planted) {
  test(`${JSON.stringify(text)} in ${file} is ${complaint ? 'a complaint' : 'right'}`, () => {
    assert.deepEqual(writesOf(file, text).flatMap(complaintOf), complaint ? [complaint] : [])
  })
}

async function sources(): Promise<string[]> {
  const files = await Array.fromAsync(glob('**/*.ts', { cwd: root }))
  return files.filter((file) => !file.endsWith('.test.ts')).sort()
}

function read(file: string): Promise<string> {
  return readFile(join(root, file), 'utf8')
}

function writesOf(file: string, text: string): Write[] {
  if (file.startsWith('platform/migrations/')) return [] // they may move rows when a table changes
  const code = text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '') // comments speak of updates too
  const sqlTexts = [...code.matchAll(/sql(?:<[^>]*>)?`([^`]*)`/g)].map(([, sqlText = '']) => sqlText)
  return [
    ...[...code.matchAll(builders)].map(([, argument = '']) => ({ file, table: argument.replace(/^'(.*)'$/, '$1') })),
    ...sqlTexts.flatMap((sqlText) => [...sqlText.matchAll(statements)].map(([, table = '']) => ({ file, table }))),
  ]
}

function complaintOf({ file, table }: Write): string[] {
  if (file === EMPTIES_ALL) return []
  const owner = Object.hasOwn(tableOwners, table) ? tableOwners[table as keyof typeof tableOwners] : undefined
  const [, feature] = /^features\/([^/]+)\/(?:[a-z-]+-)?store\.ts$/.exec(file) ?? []
  if (owner && feature === owner) return []
  return [`${file} writes ${table}: ${owner ? `only features/${owner}/store.ts` : 'nobody'} may`]
}
