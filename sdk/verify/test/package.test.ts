import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { AUDIENCE, startIssuer } from './issuer.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const source = join(root, 'sdk/verify')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const OLDEST = 20
const NO_OLD_NODE = `with CI=true a folder of PATH must have Node.js ${OLDEST}, the oldest that the package promises: npm run services does not install it`

type Runtime = { path: string; version: string; isOldest: boolean }

/** The oldest Node.js that the package promises to run on, or else the one that runs the tests. */
async function findOldNode(): Promise<Runtime> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'node')
    if (!existsSync(path)) continue
    const version = (await run(path, ['--version'])).stdout.trim()
    if (version.startsWith(`v${OLDEST}.`)) return { path, version, isOldest: true }
  }
  const version = `${process.version}, as there is no Node.js ${OLDEST} in PATH`
  return { path: process.execPath, version, isOldest: false }
}

const old = await findOldNode()

/** Copies a file into the app that uses the package, with the name of the package where the source is imported. */
async function copyInto(app: string, file: string): Promise<string> {
  const text = await readFile(join(source, 'test/built', file), 'utf8')
  const path = join(app, file)
  await writeFile(path, text.replaceAll("'../../src/index.ts'", "'@samurai-auth/verify'").replaceAll(SUBPATH, NAME))
  return path
}

const SUBPATH = /'\.\.\/\.\.\/src\/(\w+)\.ts'/g
const NAME = "'@samurai-auth/verify/$1'"

describe('the package', () => {
  let folder = ''
  let app = ''

  after(() => rm(folder, { recursive: true }))

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verify-package-'))
    app = join(folder, 'app')
    const installed = join(app, 'node_modules/@samurai-auth')
    await mkdir(installed, { recursive: true })
    await run(process.execPath, [tsc, '-p', join(source, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')])
    for (const file of ['package.json', 'README.md']) await copyFile(join(source, file), join(folder, file))
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: folder })
    const packed = await Array.fromAsync(glob('*.tgz', { cwd: folder }))
    assert.deepEqual(packed, ['samurai-auth-verify-0.1.0.tgz'])
    await run('tar', ['-xzf', join(folder, packed[0] ?? ''), '-C', installed])
    await run('mv', [join(installed, 'package'), join(installed, 'verify')])
    await writeFile(join(app, 'package.json'), '{"type":"module"}')
  })

  it('holds the build and nothing else', async () => {
    const files = await Array.fromAsync(glob('**/*.*', { cwd: join(app, 'node_modules/@samurai-auth/verify') }))
    const other = files.filter((file) => !/^dist\/(sdk\/verify\/src|contract)\/[\w-]+(\.d\.ts|\.js)$/.test(file))
    assert.deepEqual(other.sort(), ['README.md', 'package.json'])
    assert.ok(files.includes('dist/contract/revocations.js'))
  })

  it(`verifies, follows the feed and guards a server on Node.js ${old.version}, with nothing else installed`, async (t) => {
    if (process.env.CI === 'true') assert.ok(old.isOldest, NO_OLD_NODE)
    const issuer = await startIssuer(t)
    const good = await issuer.token({ sid: 'ends', scope: 'read' })
    const [header, payload] = good.split('.')
    const tokens = {
      good,
      expired: await issuer.token({ exp: 1 }),
      foreign: await issuer.token({ iss: 'https://other.example' }),
      altered: `${header}.${payload}.${(await issuer.token()).split('.')[2]}`,
      text: 'text',
    }
    issuer.instead = (request, response) => {
      const isAsked = request.url === '/revoke'
      if (isAsked) void issuer.revoke('ends').then(() => response.end())
      return isAsked
    }
    const script = await copyInto(app, 'use-package.mjs')
    const scene = { issuer: issuer.url, audience: AUDIENCE, tokens, revoke: `${issuer.url}/revoke` }
    const { stdout } = await run(old.path, [script, JSON.stringify(scene)], { timeout: 30_000 })
    const { node, ...seen } = JSON.parse(stdout)
    assert.ok(old.version.startsWith(node))
    assert.deepEqual(seen, {
      codes: { good: 'accepted', expired: 'expired', foreign: 'issuer', altered: 'signature', text: 'malformed' },
      http: [401, 'Bearer realm="api"', 200, '7'],
      afterwards: 'revoked',
      hooks: ['function', 'function'],
      warnings: [],
    })
  })

  it('has types that TypeScript finds', async () => {
    const file = await copyInto(app, 'use-types.ts')
    for (const name of ['@types', 'express', 'fastify', 'hono']) {
      await symlink(join(root, 'node_modules', name), join(app, 'node_modules', name))
    }
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node']
    await run(process.execPath, [tsc, ...options, '--skipLibCheck', file], { cwd: app })
  })
})
