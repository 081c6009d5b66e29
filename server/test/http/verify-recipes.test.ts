/** The recipes of docs/how-to/verify-tokens-in-your-service.md, run as they stand there: in Python with PyJWT, in Node.js with jose. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { join as joinAs, refresh } from '../scenario.ts'
import { type RunningProcess, startProcess } from '../start-process.ts'

const root = join(import.meta.dirname, '../../..')
const page = join(root, 'docs/how-to/verify-tokens-in-your-service.md')
const AS_ON_THE_PAGE = 'http://localhost:8000'

type Recipe = { language: string; function: string; command: string; file: string; rest: string }

/** `rest`: prints for each token that it is given whose it is, or that it was refused. */
const recipes: readonly Recipe[] = [
  {
    language: 'python',
    function: 'read_access_token',
    command: '/usr/bin/python3', // Debian's, which has PyJWT: npm run services
    file: 'recipe.py',
    rest: `
import sys
for token in sys.argv[1:]:
    try:
        print(read_access_token(token)["user_id"])
    except jwt.PyJWTError:
        print("refused")
`,
  },
  {
    language: 'js',
    function: 'readAccessToken',
    command: process.execPath,
    file: 'recipe.mjs',
    rest: `
for (const token of process.argv.slice(2)) {
  console.log(await readAccessToken(token).then(({ user_id }) => user_id, () => 'refused'))
}
`,
  },
]

/** The block of the page in which the function is, for this issuer. */
async function readRecipe(recipe: Recipe, issuer: string): Promise<string> {
  const blocks = (await readFile(page, 'utf8')).matchAll(new RegExp(`\`\`\`${recipe.language}\\n(.*?)\`\`\``, 'gs'))
  const found = [...blocks].map(([, block = '']) => block).find((block) => block.includes(`${recipe.function}(`))
  assert.ok(found?.includes(AS_ON_THE_PAGE), `${recipe.function} on the page`)
  return (found as string).replace(AS_ON_THE_PAGE, issuer)
}

/** On a port that is known before: the issuer's name is its address. */
async function startIssuer(t: TestContext, environment = {}): Promise<RunningProcess> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((closed) => probe.close(closed))
  return startProcess(t, { environment: { PORT: String(port), ...environment } })
}

for (const recipe of recipes) {
  test(`${recipe.function} of the page takes good access tokens of the service and nothing else`, async (t) => {
    const s = await startIssuer(t)
    const ann = await joinAs(s, 'ann')
    const renewed = await refresh(s, ann.refresh)
    const foreign = await joinAs(await startIssuer(t, { PUBLIC_URL: `http://localhost:${s.port}` }), 'eve')
    const otherAudience = await joinAs(await startIssuer(t, { AUDIENCE: 'another' }), 'bob')
    const [header, payload, signature = ''] = ann.access.split('.')
    const altered = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    const file = join(s.cwd, recipe.file)
    await writeFile(file, (await readRecipe(recipe, `http://localhost:${s.port}`)) + recipe.rest)
    await symlink(join(root, 'node_modules'), join(s.cwd, 'node_modules'))
    const tokens = [ann.access, renewed.access, ann.refresh, altered, foreign.access, otherAudience.access, 'x']
    const { stdout } = await promisify(execFile)(recipe.command, [file, ...tokens], { cwd: s.cwd })
    const id = String(ann.id)
    assert.deepEqual(stdout.trim().split('\n'), [id, id, 'refused', 'refused', 'refused', 'refused', 'refused'])
  })
}
