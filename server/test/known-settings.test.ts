/** The tests' own guard: AUDIENCE was given where TOKEN_AUDIENCE was meant, and the test passed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { launchProcess } from './start-process.ts'
import { startServer } from './start-server.ts'

test('a test that gives a setting that there is not fails', async (t) => {
  const misspelt = { environment: { AUDIENCE: 'another', LIMITS: 'on' } }
  const expected = { name: 'TypeError', message: 'AUDIENCE: there is no such setting in docs/reference/config.md' }
  await assert.rejects(startServer(t, misspelt), expected)
  await assert.rejects(launchProcess(t, misspelt), expected)
})
