/** The package as it is published. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { buildPackage, compiler, frontFile } from './build.ts'

const run = promisify(execFile)

async function build(t: TestContext): Promise<string> {
  const folder = await buildPackage()
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  return folder
}

test('the front file is where package.json says, and needs no other package', async (t) => {
  const folder = await build(t)
  const { exports, dependencies } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8'))
  assert.equal(exports['.'].default, `./dist/${frontFile}`)
  assert.equal(dependencies, undefined)
  const { createClient, AuthError, ...more } = await import(join(folder, frontFile))
  assert.deepEqual([typeof createClient, typeof AuthError, more], ['function', 'function', {}])
})

test('rendered on a server it signs nobody in, asks nobody and keeps nothing running', async (t) => {
  const script = `
    const { createClient } = await import(${JSON.stringify(join(await build(t), frontFile))})
    const client = createClient({ baseUrl: '/' })
    console.log(client.storage, client.session.state.kind, await client.getAccessToken())`
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 10_000 })
  assert.deepEqual([stdout, stderr], ['memory unknown undefined\n', ''])
})

test('its types are complete for a program that checks them', async (t) => {
  const folder = await build(t)
  const program = `
    import { AuthError, createClient, type SessionState } from './${frontFile}'
    const client = createClient({ baseUrl: 'https://auth.example.com', storage: 'memory' })
    const state: SessionState = client.session.state
    export const who: number | undefined = state.kind === 'signed-in' ? state.userId : undefined
    export const asked: Promise<Response> = client.fetch('/things', { method: 'POST' })
    export const asking = async (token: string) =>
      PublicKeyCredential.parseRequestOptionsFromJSON(await client.passkeyOptions(token))
    export const isOffline = (error: unknown) => error instanceof AuthError && error.code === 'offline'`
  await writeFile(join(folder, 'program.ts'), program)
  const options = [
    '--strict',
    '--noEmit',
    '--types',
    '',
    '--lib',
    'es2022,dom',
    '--module',
    'nodenext',
    '--target',
    'es2022',
  ]
  await run(process.execPath, [compiler, ...options, 'program.ts'], { cwd: folder })
})
