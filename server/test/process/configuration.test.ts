/** What a start makes of its environment, seen from outside. config.test.ts has the tables. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { databases, freshDatabase } from '../databases.ts'
import { isGood, join as joinIn } from '../scenario.ts'
import { type Ended, launchProcess, type ProcessOptions, startProcess } from '../start-process.ts'

const SECRET_KEY = 'a secret key that only tests have'

test('wrong settings stop the start: a sentence each, and no line of the log', async (t) => {
  const { code, output } = await run(t, { environment: { PORT: 'http', WORKERS: '0', TRUST_PROXY: 'proxy' } })
  assert.equal(code, 1)
  assert.match(
    output,
    /^The configuration is not usable:\nPORT must be .*\nTRUST_PROXY must be .*\nWORKERS must be .*\n$/,
  )
})

test('.env in the working folder is read, and the environment comes before it', async (t) => {
  const cwd = await makeFolder(t)
  await writeFile(join(cwd, '.env'), 'WORKERS=from the file\nLOG_LEVEL=from the file\n')
  const { code, output } = await run(t, { cwd, environment: { LOG_LEVEL: 'from the environment' } })
  assert.equal(code, 1)
  assert.match(output, /WORKERS must be a whole number/)
  assert.match(output, /LOG_LEVEL must be one of/)
  await writeFile(join(cwd, '.env'), 'LOG_LEVEL=loud\n')
  const { port } = await startProcess(t, { cwd, environment: { LOG_LEVEL: 'info' } })
  assert.ok(port > 0)
})

test('half of the old variables stop the start, and nothing is made in the working folder', async (t) => {
  const cwd = await makeFolder(t)
  const { code, output } = await run(t, { cwd, environment: { MYSQL_HOST: 'db', SECRET_KEY } })
  assert.equal(code, 1)
  assert.match(output, /^The configuration is not usable:\nMYSQL_DB is required when MYSQL_HOST is set/)
  assert.deepEqual(await readdir(cwd), [])
})

test('an external database without SECRET_KEY stops the start', async (t) => {
  const { code, output } = await run(t, { environment: { MYSQL_DB: 'accounts' } })
  assert.equal(code, 1)
  assert.match(output, /^The configuration is not usable:\nSECRET_KEY is required with an external database/)
})

test('a database that does not answer stops the start, saying so without the password', async (t) => {
  for (const DATABASE_URL of ['mysql://ann:geheim@127.0.0.1:1/x', 'postgres://ann:geheim@127.0.0.1:1/x']) {
    const { code, output } = await run(t, { environment: { DATABASE_URL, SECRET_KEY } })
    assert.equal(code, 1)
    assert.match(output, /^The service could not start: .*ECONNREFUSED 127\.0\.0\.1:1\n$/)
  }
})

test('the first start makes a secret key that only its owner can read, and later starts keep it', async (t) => {
  const cwd = await makeFolder(t)
  const first = await startProcess(t, { cwd })
  const file = join(cwd, 'data/secret.key')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal((await stat(join(cwd, 'data'))).mode & 0o777, 0o700)
  const key = await readFile(file, 'utf8')
  const { access } = await joinIn(first, 'ann')
  assert.equal(await first.stop(), 0)
  const second = await startProcess(t, { cwd })
  assert.equal(await readFile(file, 'utf8'), key)
  assert.equal(await isGood(second, access), true)
  assert.equal(await second.stop(), 0)
  await writeFile(file, '')
  const third = await run(t, { cwd })
  assert.equal(third.code, 1)
  assert.match(third.output, /secret\.key is damaged: restore it, or set SECRET_KEY/)
})

for (const WORKERS of ['1', '2']) {
  test(`another SECRET_KEY than the database was made under stops the start of ${WORKERS} process(es)`, async (t) => {
    const DATABASE_URL = (await freshDatabase(t, 'sqlite')).url
    const first = await startProcess(t, { environment: { DATABASE_URL, SECRET_KEY } })
    assert.equal(await first.stop(), 0)
    const { code, output } = await run(t, { environment: { DATABASE_URL, WORKERS, SECRET_KEY: `${SECRET_KEY}!` } })
    assert.equal(code, 1)
    assert.match(output, /SECRET_KEY does not open the signing keys in this database: set the one they were made under/)
  })

  test(`a port that is taken stops the start of ${WORKERS} process(es)`, async (t) => {
    const PORT = String(await takePort(t))
    const { code, output } = await run(t, { environment: { PORT, WORKERS } })
    assert.equal(code, 1)
    assert.match(output, new RegExp(`The service could not start: .*EADDRINUSE.*${PORT}`))
  })
}

if (databases().some(({ kind }) => kind === 'mysql')) {
  test('the old service’s variables alone start the service on its database server', async (t) => {
    const { hostname, port, username, password, pathname } = new URL((await freshDatabase(t, 'mysql')).url)
    const s = await startProcess(t, {
      environment: {
        MYSQL_HOST: hostname,
        MYSQL_PORT: port,
        MYSQL_USER: username,
        MYSQL_PASSWORD: password,
        MYSQL_DB: pathname.slice(1),
        DJANGO_SECRET_KEY: 'django-insecure-and-long-enough',
        JWT_SECRET_KEY: 'jwt key of old',
        WORKERS: '1',
      },
    })
    const warnings = s.logs.filter(({ level }) => level === 'warn').map(({ msg }) => msg)
    assert.deepEqual(
      warnings.map((warning) => warning.split(' ')[0]),
      ['SECRET_KEY', 'JWT_SECRET_KEY'],
    )
    assert.equal(await isGood(s, (await joinIn(s, 'ann')).access), true)
  })
}

/** Starts what is expected to end by itself. */
async function run(t: TestContext, options: ProcessOptions): Promise<Ended> {
  return (await launchProcess(t, options)).ended
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samurai-auth-configuration-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function takePort(t: TestContext): Promise<number> {
  const server = createServer()
  t.after(() => server.close())
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  return (server.address() as { port: number }).port
}
