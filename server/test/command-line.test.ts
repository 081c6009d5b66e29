/** The command line: what it answers to whoever calls it rightly, wrongly, and while the database is away. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCommand } from './command-line.ts'
import { freshDatabase } from './databases.ts'
import { countRows, expectWrongCredentials, isGood, join, paths, signIn } from './scenario.ts'
import { launchProcess } from './start-process.ts'
import { startServer } from './start-server.ts'

const root = joinPath(import.meta.dirname, '../..')
const away = { DATABASE_URL: 'postgres://ann:s3cret@127.0.0.1:1/auth', SECRET_KEY: 'a secret key that only tests have' }

test('help lists every command, and each command explains itself', async (t) => {
  const help = await runCommand(t, {}, ['help'])
  assert.equal(help.code, 0)
  for (const name of ['start', 'migrate status', 'import django', 'users erase <e-mail or id> --yes', 'version']) {
    assert.ok(help.output.includes(`  ${name}`), name)
  }
  const own = await runCommand(t, {}, ['import', 'django', '--help'])
  assert.equal(own.code, 0)
  assert.match(own.output, /Exit code 3: something was left out/)
})

test('version is that of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(joinPath(root, 'package.json'), 'utf8')) as { version: string }
  assert.deepEqual(await runCommand(t, {}, ['version']), { code: 0, signal: null, output: `${version}\n` })
})

const wrongCalls: readonly [string[], RegExp][] = [
  [['nonsense'], /^There is no command "nonsense"\.\n\nsamurai-auth <command>/],
  [['users'], /^There is no command "users"/],
  [['users', 'show'], /^Give one e-mail address or id\.\n$/],
  [['migrate', '--fast'], /^Unknown option '--fast'/],
  [['import', 'django', '--batch', '0', '--from', 'mysql://a@b/c'], /^--batch must be from 1 to 2000 rows\.\n$/],
  [['import', 'django'], /^Say where the old database is/],
]
for (const [words, message] of wrongCalls) {
  test(`samurai-auth ${words.join(' ')} is answered in a sentence, with exit code 2`, async (t) => {
    const [code, output] = await (await makeService(t)).run(...words)
    assert.equal(code, 2, output)
    assert.match(output, message)
  })
}

test('a database that is away, and a wrong setting, are told in sentences without a secret', async (t) => {
  const refused = await runCommand(t, away, ['users', 'show', '1'])
  assert.deepEqual(refused, {
    code: 1,
    signal: null,
    output: 'The database does not answer: connect ECONNREFUSED 127.0.0.1:1\n',
  })
  const wrong = await runCommand(t, { ...away, PORT: 'none' }, ['users', 'show', '1'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.output, /^The configuration is not usable:\nPORT must be/)
})

test('migrate brings the schema up to date, and nothing else works before', async (t) => {
  const { run } = await makeService(t)
  assert.deepEqual(await run('users', 'show', '1'), [
    1,
    'The schema of the database is not up to date: run samurai-auth migrate first.\n',
  ])
  assert.equal((await run('migrate', 'status'))[0], 3)
  assert.match((await run('migrate'))[1], /The schema is up to date now\.\n$/)
  assert.equal((await run('migrate', 'status'))[0], 0)
  assert.deepEqual(await run('users', 'show', 'nobody@example.com'), [1, 'There is no such user.\n'])
})

test('an operator shows, disables, enables and erases a user while the service runs', async (t) => {
  const { url, run } = await makeService(t)
  const s = await startServer(t, { url, clock: 'running', environment: { SECRET_KEY: away.SECRET_KEY } })
  const ann = await join(s, 'ann')

  assert.match(
    (await run('users', 'show', 'ANN@example.com'))[1],
    /^id +1\ne-mail +ann@example\.com\n(.*\n)*state +enabled\n/,
  )
  assert.deepEqual(await run('users', 'disable', '1'), [0, 'User 1 is disabled and signed out everywhere.\n'])
  assert.deepEqual(await run('users', 'disable', '1'), [0, 'User 1 was disabled already.\n'])
  await s.clock.advance(0) // reads which sessions ended
  assert.equal(await isGood(s, ann.access), false)
  expectWrongCredentials(await s.post(paths.login, ann))

  assert.deepEqual(await run('users', 'enable', ann.email), [0, 'User 1 may sign in again.\n'])
  await signIn(s, ann.email)
  const [code, output] = await run('users', 'erase', '1')
  assert.equal(code, 2)
  assert.match(output, /add --yes/)
  await signIn(s, ann.email)
  assert.deepEqual(await run('users', 'erase', '1', '--yes'), [0, 'User 1 is erased.\n'])
  expectWrongCredentials(await s.post(paths.login, ann))
  assert.deepEqual(await countRows(s), { user: 0, password: 0, session: 0, revocation: 3 })
})

test('the first operator is made at the shell, and given or denied roles there', async (t) => {
  const { url, run } = await makeService(t)
  const s = await startServer(t, { url, clock: 'running', environment: { SECRET_KEY: away.SECRET_KEY } })
  const [code, output] = await run('users', 'create', 'Root@example.com', '--admin', '--role', 'auditor')
  assert.equal(code, 0, output)
  assert.match(output, /^User 1 is made with the roles admin, auditor\.\nThe password, shown this once: [\w-]{20}\n$/)
  const { access } = await signIn(s, 'root@example.com', /: ([\w-]{20})\n/.exec(output)?.[1])
  const list = () => s.get('/api/admin/users', { authorization: `Bearer ${access}` })
  assert.equal((await list()).status, 200)
  assert.deepEqual(await run('users', 'revoke', '1', 'admin'), [0, '1 does not have the role admin now.\n'])
  assert.deepEqual(await run('users', 'revoke', '1', 'auditor'), [0, '1 does not have the role auditor now.\n'])
  assert.equal((await list()).status, 403)
  assert.deepEqual(await run('users', 'grant', '1', 'auditor'), [0, '1 has the role auditor now.\n'])
  assert.deepEqual(await run('users', 'grant', '1', 'auditor'), [0, '1 has the role auditor, as before.\n'])
  assert.equal((await list()).status, 200)
  assert.equal((await run('users', 'grant', '1', 'nonsense'))[0], 1)
  assert.match((await run('users', 'create', 'root@example.com'))[1], /exists already/)
  assert.equal((await run('users', 'create', 'two@example.com', '--role', 'nonsense'))[0], 1)
  assert.match((await run('users', 'show', 'two@example.com'))[1], /no such user/)
})

test('a password for a user comes from standard input, and the policy judges it', async (t) => {
  const { url } = await makeService(t)
  const environment = { DATABASE_URL: url, SECRET_KEY: away.SECRET_KEY }
  const s = await startServer(t, { url, clock: 'running', environment: { SECRET_KEY: away.SECRET_KEY } })
  const create = async (email: string, password: string) => {
    const script = `printf '%s\\n' "$1" | "$2" "$3" users create "$4" --password-stdin`
    const entry = joinPath(root, 'server/src/cli/main.ts')
    const command = ['sh', '-c', script, 'sh', password, process.execPath, entry, email] as const
    return (await launchProcess(t, { environment, command })).ended
  }
  assert.deepEqual(await create('ann@example.com', 'three red apples'), {
    code: 0,
    signal: null,
    output: 'User 1 is made.\n',
  })
  await signIn(s, 'ann@example.com', 'three red apples')
  const weak = await create('bob@example.com', 'password')
  assert.deepEqual([weak.code, weak.output], [2, 'This password is too common.\n'])
})

test('bin/samurai-auth.js passes words, output and exit code through', async (t) => {
  const command = [process.execPath, joinPath(root, 'bin/samurai-auth.js')] as const
  const help = await (await launchProcess(t, { command: [...command, 'help'] })).ended
  assert.equal(help.code, 0)
  assert.match(help.output, /^samurai-auth <command>/)
  const wrong = await (await launchProcess(t, { command: [...command, 'users', 'nonsense'] })).ended
  assert.equal(wrong.code, 2)
})

/** An empty database, and a way to run commands on it that answers with exit code and output. */
async function makeService(t: TestContext) {
  const { url } = await freshDatabase(t, 'sqlite')
  const environment = { DATABASE_URL: url, SECRET_KEY: away.SECRET_KEY }
  const run = async (...words: string[]): Promise<[number | null, string]> => {
    const { code, output } = await runCommand(t, environment, words)
    return [code, output]
  }
  return { url, run }
}
