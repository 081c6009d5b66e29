/** Whose word about the address of a client is taken (CVE-2023-36456, CVE-2026-3635, CVE-2026-16732). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { freshDatabase } from '../databases.ts'
import { eventually } from '../eventually.ts'
import { join, paths } from '../scenario.ts'
import { startProcess } from '../start-process.ts'
import { openSql } from './sql.ts'

const CLIENT = '203.0.113.7'
const OTHER = '198.51.100.9'

type Case = [name: string, trustProxy: string, headers: Record<string, string>, address: string]

const cases: Case[] = [
  ['nobody is believed by default', '', { 'x-forwarded-for': CLIENT }, '127.0.0.1'],
  ['a proxy that is not on the list is not believed', '10.0.0.0/8', { 'x-forwarded-for': CLIENT }, '127.0.0.1'],
  ['a proxy on the list is believed', '127.0.0.1', { 'x-forwarded-for': CLIENT }, CLIENT],
  ['a proxy within a range is believed', '10.0.0.0/8, 127.0.0.0/8', { 'x-forwarded-for': CLIENT }, CLIENT],
  [
    'what stands before the last address that no proxy wrote is forged',
    '127.0.0.1',
    { 'x-forwarded-for': `${OTHER}, ${CLIENT}` },
    CLIENT,
  ],
  [
    'a chain of trusted proxies leads to the client',
    '127.0.0.1,10.0.0.0/8',
    { 'x-forwarded-for': `${OTHER}, ${CLIENT}, 10.1.2.3` },
    CLIENT,
  ],
  ['a trusted proxy that says nothing is the client', '127.0.0.1', {}, '127.0.0.1'],
  [
    'other headers say nothing',
    '127.0.0.1',
    { 'x-real-ip': CLIENT, forwarded: `for=${CLIENT}`, 'x-client-ip': CLIENT },
    '127.0.0.1',
  ],
]

describe('of the address of a client', () => {
  for (const [name, TRUST_PROXY, headers, address] of cases) {
    test(name, async (t) => {
      const { url: DATABASE_URL } = await freshDatabase(t, 'sqlite')
      const s = await startProcess(t, {
        environment: { DATABASE_URL, SECRET_KEY: 'only for tests, as others', TRUST_PROXY },
      })
      const { email, password } = await join(s, 'ann')
      const answer = await s.post(paths.login, { email, password }, headers)
      assert.equal(answer.status, 200)
      const isLine = (line: Record<string, unknown>) => line.requestId === answer.headers['x-request-id']
      const line = await eventually('it is in the log', () => s.logs.find(isLine))
      assert.equal(line.address, address)
      const sql = await openSql(t, DATABASE_URL)
      const rows = await sql('select address from session order by opened_at desc, address limit 2')
      assert.ok(
        rows.some((row) => row.address === address),
        JSON.stringify(rows),
      )
      if (address !== CLIENT) assert.ok(!s.output().includes(CLIENT))
    })
  }
})

test('an address that is none is taken for text, not for a reason to fail', async (t) => {
  const s = await startProcess(t, { environment: { TRUST_PROXY: '127.0.0.1' } })
  const { email, password } = await join(s, 'ann')
  for (const forged of [
    'a',
    `${'1'.repeat(5_000)}`,
    '203.0.113.7\t',
    ', ,',
    "'; drop table user; --",
    'ünicode',
    '::ffff:1.2.3.4',
  ]) {
    const headers = { 'x-forwarded-for': Buffer.from(forged).toString('latin1') }
    assert.equal((await s.post(paths.login, { email, password: 'wrong' }, headers)).status, 401, forged)
    assert.equal((await s.post(paths.login, { email, password }, headers)).status, 200, forged)
  }
})
