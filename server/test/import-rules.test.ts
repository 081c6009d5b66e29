/** The import rules refuse what they say: one wrong import per rule, planted in a small copy of the tree. */
import assert from 'node:assert/strict'
import { appendFile, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cruiseImports, findForbiddenImports } from '../scripts/check/import-rules.ts'

const configFile = '.dependency-cruiser.cjs'
const config = join(import.meta.dirname, '../..', configFile)
const ladder = [
  ['events'],
  ['limits'],
  ['keys'],
  ['audit', 'webhooks'],
  ['users', 'roles', 'clients'],
  ['email'],
  ['sessions'],
  ['passwords', 'passkeys', 'totp'],
  ['sign-in', 'lifecycle'],
  ['account', 'test-mode'],
]
const src = 'server/src'
const front = (feature: string) => `${src}/features/${feature}/${feature}.ts`
const store = (feature: string) => `${src}/features/${feature}/store.ts`
const planted = (folder: string) => `${folder}/planted.ts` // imported by nobody, so that it closes no circle
const platform = `${src}/platform/clock.ts`

/** Each feature as it should be: a front over a store, using the fronts below it, and a test of its own. */
const cleanFeatures = ladder.flatMap((rung, height) =>
  rung.flatMap((feature): [string, string[]][] => [
    [front(feature), [store(feature), ...ladder.slice(0, height).flat().map(front)]],
    [store(feature), [platform]],
    [`${src}/features/${feature}/${feature}.test.ts`, [front(feature), 'node:test']],
  ]),
)

const cleanTree: [file: string, imports: string[]][] = [
  ...cleanFeatures,
  [`${src}/main.ts`, [`${src}/compose.ts`, `${src}/config.ts`, platform]],
  [`${src}/compose.ts`, [...ladder.flat().map(front), `${src}/http/app.ts`, `${src}/oidc/provider.ts`, platform]],
  [`${src}/config.ts`, [`${src}/settings/table.ts`, platform]],
  [`${src}/settings/table.ts`, [platform]],
  [`${src}/http/app.ts`, [`${src}/http/compat/login.ts`, 'fastify']],
  [`${src}/http/compat/login.ts`, [front('sign-in'), 'contract/problems.ts', 'fastify']],
  [`${src}/oidc/provider.ts`, [front('keys')]],
  [`${src}/jobs/schedule.ts`, [front('events'), platform]],
  [`${src}/cli/main.ts`, [`${src}/compose.ts`, `${src}/config.ts`, `${src}/cli/migrate.ts`]],
  [`${src}/cli/migrate.ts`, [platform]],
  [`${src}/platform/random.ts`, [platform]],
  [`${src}/platform/migrations/2026-01-01-0001-user.ts`, ['node:fs']],
  [platform, ['contract/problems.ts']],
  ['contract/problems.ts', ['contract/claims.ts']],
  ['contract/claims.ts', []],
  ['sdk/verify/src/index.ts', ['contract/claims.ts']],
  ['sdk/browser/src/index.ts', ['contract/problems.ts']],
  ['web/src/api.ts', ['sdk/browser/src/index.ts', 'contract/problems.ts']],
  ['server/test/start-server.ts', [`${src}/compose.ts`, `${src}/config.ts`, platform, 'server/test/databases.ts']],
  ['server/test/databases.ts', ['server/test/database-servers/original.ts']],
  ['server/test/database-servers/original.ts', [platform]],
  ['server/test/stores/users.test.ts', [...ladder.flat().map(store), platform, 'server/test/databases.ts']],
  ['server/test/compat/login.test.ts', ['server/test/start-server.ts', 'contract/problems.ts']],
  ['server/scripts/write-openapi.ts', [`${src}/compose.ts`]],
  ['bench/run.ts', ['server/test/start-server.ts']],
  ['bin/samurai-auth.js', [`${src}/cli/main.ts`]],
]

/** The nearest feature that each feature may not use: its neighbour on the rung, or else the one above. */
const wrongSteps = ladder.flatMap((rung, height) =>
  rung.flatMap((feature, place): [string, string, string][] => {
    const other = rung[place + 1] ?? ladder[height + 1]?.[0] ?? rung[place - 1]
    return other ? [[`ladder: ${feature}`, planted(`${src}/features/${feature}`), front(other)]] : [] // alone at the top
  }),
)

/** Imports of types, unless said otherwise: nothing runs them, and they must count all the same. */
const wrongImports: [rule: string, from: string, to: string, kind?: 'at the start'][] = [
  ...wrongSteps,
  ['every feature has a rung', `${src}/compose.ts`, front('federation')],
  ['features meet at their fronts', planted(`${src}/features/email`), store('users')],
  ['others enter a feature by its front', planted(`${src}/http/compat`), store('users')],
  ['a feature does not import its own front', planted(`${src}/features/users`), front('users')],
  ['features know no door', planted(`${src}/features/users`), `${src}/http/app.ts`],
  ['features know no door', planted(`${src}/features/users`), 'fastify'],
  ['features are handed what they need', planted(`${src}/features/users`), `${src}/config.ts`],
  ['doors stand apart', planted(`${src}/jobs`), `${src}/http/app.ts`],
  ['doors are handed what they need', planted(`${src}/http`), `${src}/config.ts`],
  ['doors are handed what they need', planted(`${src}/http`), `${src}/settings/table.ts`],
  ['only the http door knows the web framework', planted(`${src}/oidc`), 'fastify'],
  ['the platform knows nothing above', planted(`${src}/platform`), front('users')],
  ['a migration is frozen', `${src}/platform/migrations/2026-01-01-0002-planted.ts`, platform],
  ['main starts, compose builds', `${src}/main.ts`, front('keys')],
  ['test mode is loaded where it is on', `${src}/http/app.ts`, `${src}/http/test-mode/routes.ts`, 'at the start'],
  ['the server runs nothing that it was given', planted(`${src}/features/email`), 'node:child_process'],
  ['the server runs nothing that it was given', planted(`${src}/http`), 'node:vm'],
  ['the command line is entered by main', `${src}/compose.ts`, `${src}/cli/migrate.ts`],
  ['contract stands alone', planted('contract'), 'node:fs'],
  ['an sdk knows only the contract', planted('sdk/verify/src'), 'sdk/browser/src/index.ts'],
  ['an sdk knows only the contract', planted('sdk/verify/src'), platform],
  ['web knows only the contract and sdk/browser', planted('web/src'), platform],
  ['web knows only the contract and sdk/browser', planted('web/src'), 'sdk/verify/src/index.ts'],
  ['tests and benchmarks speak HTTP', 'server/test/compat/planted.test.ts', front('users')],
  [
    'the schema of test databases comes from the ground floor',
    'server/test/database-servers/original.ts',
    front('users'),
  ],
  ['tests and benchmarks speak HTTP', planted('bench'), `${src}/config.ts`],
  ['store contracts test stores', 'server/test/stores/users.test.ts', front('users')],
  ['the server does not need its tests', planted(`${src}/platform`), 'server/test/databases.ts'],
  ['nobody imports a test', planted('server/test'), 'server/test/compat/login.test.ts'],
  ['no circle', platform, `${src}/platform/random.ts`],
  ['every import resolves', planted(`${src}/platform`), 'not-installed'],
]

test('a tree that keeps the rules passes', async (t) => {
  assert.deepEqual(await findForbiddenImports(await cleanCopy(t)), [])
})

for (const [rule, from, to, kind] of wrongImports) {
  test(`«${rule}», and no other rule, refuses ${from} → ${to}`, async (t) => {
    const root = await cleanCopy(t)
    await addImport(root, from, to, kind)
    const { forbidden } = await cruiseImports(root)
    assert.deepEqual([...new Set(forbidden.map((violation) => violation.rule))], [rule])
  })
}

test('every rule has refused something here', () => {
  const { forbidden } = createRequire(import.meta.url)(config) as { forbidden: { name: string }[] }
  const proved = new Set(wrongImports.map(([rule]) => rule))
  assert.deepEqual(new Set(forbidden.map(({ name }) => name)), proved)
})

test('a source file that was not read is a complaint', async (t) => {
  const root = await cleanCopy(t)
  await copyFile(config, join(root, 'rules.cjs'))
  await writeFile(
    join(root, configFile),
    "module.exports = require('./rules.cjs')\nmodule.exports.options.exclude = 'bench'\n",
  )
  assert.deepEqual(await findForbiddenImports(root), ['bench/run.ts was not read: its imports are unchecked'])
})

async function cleanCopy(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'samurai-auth-imports-'))
  t.after(() => rm(root, { recursive: true }))
  await copyFile(config, join(root, configFile))
  await write(root, 'node_modules/fastify/package.json', '{ "name": "fastify", "main": "index.js" }')
  await write(root, 'node_modules/fastify/index.js', '')
  for (const [file, imports] of cleanTree) {
    await write(root, file, imports.map((to) => importLine(file, to)).join(''))
  }
  return root
}

async function addImport(root: string, from: string, to: string, kind?: 'at the start'): Promise<void> {
  if (to.startsWith(src)) await write(root, to, '')
  const line = importLine(from, to)
  await write(root, from, kind ? line.replace(' type', '') : line)
}

async function write(root: string, file: string, text: string): Promise<void> {
  await mkdir(join(root, dirname(file)), { recursive: true })
  await appendFile(join(root, file), text)
}

function importLine(from: string, to: string): string {
  const isFile = to.endsWith('.ts')
  return `import type {} from '${isFile ? toSpecifier(relative(dirname(from), to)) : to}'\n`
}

function toSpecifier(path: string): string {
  return path.startsWith('.') ? path : `./${path}`
}
