/** The recipes of docs/how-to/verify-tokens-in-your-service.md, run as they stand there: in Python with PyJWT, in Node.js with jose. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { dsaEncoding, es256, jws } from '../compat/forge.ts'
import { claimsOf, headerOf, join as joinAs, type Person, refresh } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const root = join(import.meta.dirname, '../../..')
const page = join(root, 'docs/how-to/verify-tokens-in-your-service.md')
const AS_ON_THE_PAGE = 'http://localhost:8000'

type Recipe = { language: 'python' | 'js'; function: string; command: string; file: string; rest: string }

/** `rest`: tells for each token that it is given whose it is, or why it was refused. */
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
    except jwt.PyJWTError as error:
        print(type(error).__name__, getattr(error, "claim", ""))
`,
  },
  {
    language: 'js',
    function: 'readAccessToken',
    command: process.execPath,
    file: 'recipe.mjs',
    rest: `
const reason = ({ code = 'Error', claim = '' }) => \`\${code} \${claim}\`
for (const token of process.argv.slice(2)) {
  console.log(await readAccessToken(token).then(({ user_id }) => user_id, reason))
}
`,
  },
]

/** A token, and what each recipe must say of it: nobody else's reason will do. */
type Case = { token: string } & Record<Recipe['language'], string>

/** Good tokens, and those that a service never gives out: each is wrong in one thing, and signed with the key of the service. */
async function casesOf(s: TestServer, ann: Person): Promise<Case[]> {
  const key = await s.signingKey()
  const claims = claimsOf(ann.access)
  const signed = (changed: object, header: object = headerOf(ann.access)) =>
    jws(header, { ...claims, ...changed }, (data) => sign('sha256', data, { key, dsaEncoding }))
  const anHourAgo = s.clock.seconds() - 3600
  const id = String(ann.id)
  const good = { python: id, js: id }
  return [
    { token: ann.access, ...good },
    { token: (await refresh(s, ann.refresh)).access, ...good },
    { token: signed({}), ...good },
    { token: signed({ aud: 'another' }), python: 'InvalidAudienceError', js: 'ERR_JWT_CLAIM_VALIDATION_FAILED aud' },
    {
      token: signed({ aud: undefined }),
      python: 'MissingRequiredClaimError aud',
      js: 'ERR_JWT_CLAIM_VALIDATION_FAILED aud',
    },
    {
      token: signed({ iss: 'https://evil.example' }),
      python: 'InvalidIssuerError',
      js: 'ERR_JWT_CLAIM_VALIDATION_FAILED iss',
    },
    {
      token: signed({ iat: anHourAgo - 60, exp: anHourAgo }),
      python: 'ExpiredSignatureError',
      js: 'ERR_JWT_EXPIRED exp',
    },
    {
      token: signed({ exp: undefined }),
      python: 'MissingRequiredClaimError exp',
      js: 'ERR_JWT_CLAIM_VALIDATION_FAILED exp',
    },
    { token: signed({ token_type: 'refresh' }), python: 'InvalidTokenError', js: 'Error' },
    { token: ann.refresh, python: 'InvalidTokenError', js: 'Error' },
  ]
}

/** The block of the page in which the function is, for this issuer. */
async function readRecipe(recipe: Recipe, issuer: string): Promise<string> {
  const blocks = (await readFile(page, 'utf8')).matchAll(new RegExp(`\`\`\`${recipe.language}\\n(.*?)\`\`\``, 'gs'))
  const found = [...blocks].map(([, block = '']) => block).find((block) => block.includes(`${recipe.function}(`))
  assert.ok(found?.includes(AS_ON_THE_PAGE), `${recipe.function} on the page`)
  return (found as string).replace(AS_ON_THE_PAGE, issuer)
}

/** On a port that is known before: the issuer's name is its address. */
async function startIssuer(t: TestContext): Promise<TestServer & { address: string }> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((closed) => probe.close(closed))
  const address = `http://localhost:${port}`
  const environment = { PORT: String(port), PUBLIC_URL: address }
  return { ...(await startServer(t, { clock: 'running', environment })), address }
}

/** Whoever has no key of the service. */
async function forgeriesOf(t: TestContext, s: { address: string }, ann: Person): Promise<Case[]> {
  const [header, payload, signature = ''] = ann.access.split('.')
  const altered = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const namesake = await startServer(t, { clock: 'running', environment: { PUBLIC_URL: s.address } })
  const wrongSignature = { python: 'InvalidSignatureError', js: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' }
  return [
    { token: altered, ...wrongSignature },
    { token: es256(headerOf(ann.access), claimsOf(ann.access)), ...wrongSignature },
    { token: (await joinAs(namesake, 'eve')).access, python: 'PyJWKClientError', js: 'ERR_JWKS_NO_MATCHING_KEY' },
    { token: 'x', python: 'DecodeError', js: 'ERR_JWS_INVALID' },
  ]
}

for (const recipe of recipes) {
  test(`${recipe.function} of the page takes good access tokens of the service and nothing else`, async (t) => {
    const s = await startIssuer(t)
    const ann = await joinAs(s, 'ann')
    const cases = [...(await casesOf(s, ann)), ...(await forgeriesOf(t, s, ann))]
    const cwd = await mkdtemp(join(tmpdir(), 'samurai-auth-recipe-'))
    t.after(() => rm(cwd, { recursive: true }))
    await writeFile(join(cwd, recipe.file), (await readRecipe(recipe, s.address)) + recipe.rest)
    await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'))
    const words = [recipe.file, ...cases.map(({ token }) => token)]
    const { stdout } = await promisify(execFile)(recipe.command, words, { cwd })
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trim())
    assert.deepEqual(
      said,
      cases.map((one) => one[recipe.language]),
    )
  })
}
