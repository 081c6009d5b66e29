/** The example of the how-to is run as it stands there, by whoever has nothing but Node.js. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startProcess } from '../start-process.ts'

const page = join(import.meta.dirname, '../../../docs/how-to/test-against-samurai-auth.md')

test('the example of docs/how-to/test-against-samurai-auth.md passes, twice', async (t) => {
  const [, example = ''] = /```js\n(.*?)```/s.exec(await readFile(page, 'utf8')) ?? []
  assert.match(example, /test\(/)
  const s = await startProcess(t, { environment: { TEST_MODE: '1', LIMITS: 'off' } })
  const file = join(s.cwd, 'example.test.mjs')
  await writeFile(file, example)
  const env = { PATH: process.env.PATH, AUTH: `http://localhost:${s.port}` }
  for (const run of ['first', 'second']) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', file], { env, cwd: s.cwd })
    assert.match(stdout, /pass 1\n/, `${run} run:\n${stdout}`)
  }
})
