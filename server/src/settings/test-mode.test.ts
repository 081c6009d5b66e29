import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../config.ts'

const SECRET_KEY = 'a secret key of more than 32 characters'
const external = { DATABASE_URL: 'mysql://auth:geheim@db/accounts', SECRET_KEY }

test('test mode does not start where people may be, unless it is told twice', (t) => {
  const on = { TEST_MODE: '1', SECRET_KEY }
  const DATA_DIR = makeFolder(t)
  assert.throws(() => loadConfig({ ...on, DATA_DIR, PUBLIC_URL: 'https://auth.example.com' }), {
    name: 'ConfigError',
    message: /^TEST_MODE=1 with a public PUBLIC_URL: .*set TEST_MODE_ANYWHERE=1 too$/,
  })
  assert.throws(() => loadConfig({ ...external, ...on }), {
    message: /^TEST_MODE=1 with an external database: .*set TEST_MODE_ANYWHERE=1 too$/,
  })
  const told = { ...external, ...on, TEST_MODE_ANYWHERE: '1', PUBLIC_URL: 'https://auth.example.com' }
  assert.deepEqual(loadConfig(told).testMode, { isAnywhere: true, code: undefined })
  const local = loadConfig({ ...on, DATA_DIR, PUBLIC_URL: 'http://127.0.0.1:8000', TEST_CODE: '000000' })
  assert.deepEqual(local.testMode, { isAnywhere: false, code: '000000' })
})

test('test mode is off unless it is turned on, and what belongs to it is refused without', (t) => {
  const off = { DATA_DIR: makeFolder(t) }
  for (const nothing of [{}, { TEST_MODE: '0' }, { TEST_MODE: '' }])
    assert.equal(loadConfig({ ...off, ...nothing }).testMode, null)
  assert.throws(() => loadConfig({ ...off, TEST_MODE_ANYWHERE: '1' }), { message: /^TEST_MODE_ANYWHERE=1 is for TEST/ })
  assert.throws(() => loadConfig({ ...off, TEST_CODE: '000000' }), { message: /^TEST_CODE is for TEST_MODE=1/ })
})

test('test mode is one process, sends nothing, and says at each start that it is on', (t) => {
  const config = loadConfig({
    TEST_MODE: '1',
    TEST_CODE: '123123',
    DATA_DIR: makeFolder(t),
    WORKERS: '4',
    SMTP_URL: 'smtp://localhost',
    MAIL_FROM: 'ann@example.com',
  })
  assert.deepEqual([config.workers, config.mailMode], [1, 'development'])
  assert.match(config.warnings[0] ?? '', /^TEST MODE IS ON: .*on this machine; every code in a mail is 123123/)
})

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'samurai-auth-test-mode-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}
