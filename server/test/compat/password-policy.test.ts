/** Which passwords a registration takes under each policy, said in the form's own words, and that a login asks none of it. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { countRows, expectJson, paths, register, signIn } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'

const TOO_COMMON = 'This password is too common.'
const BREACHED = 'This password has appeared in a data breach, so others may try it. Choose another one.'
const UNANSWERED = 'This password could not be compared with breached ones at the moment. Try again later.'

test('PASSWORD_POLICY=nist-single-factor asks for fifteen characters', async (t) => {
  const s = await startServer(t, { environment: { PASSWORD_POLICY: 'nist-single-factor' } })
  const before = await countRows(s)
  await expectRefused(s, 'tk7-Vq2z-wxp-9', 'This password is too short. It must contain at least 15 characters.')
  assert.deepEqual(await countRows(s), before)
  await register(s, { email: 'ann@example.com', password: 'tk7-Vq2z-wxp-94' })
})

test('a registration takes 64 characters and more, and refuses the 129th as the old form did', async (t) => {
  const s = await startServer(t)
  const long = 'xé'.repeat(64)
  await register(s, { email: 'ann@example.com', password: long })
  await signIn(s, 'ann@example.com', long)
  await expectRefused(s, `${long}x`, 'Ensure this field has no more than 128 characters.')
})

test('words of PASSWORD_BLOCKLIST_FILE and of PUBLIC_URL are too common', async (t) => {
  const file = await blocklist(t, 'Acme Widgets\n')
  const s = await startServer(t, {
    environment: { PASSWORD_BLOCKLIST_FILE: file, PUBLIC_URL: 'https://login.zebrafish.example' },
  })
  for (const word of ['acme widgets', 'ACME WIDGETS', 'Login.Zebrafish.Example', 'zebrafish']) {
    await expectRefused(s, word, TOO_COMMON)
  }
  await register(s, { email: 'ann@example.com', password: 'acme widgets no. 7' })
})

test('the words of SERVICE_NAME are too common', async (t) => {
  const s = await startServer(t, { environment: { SERVICE_NAME: 'Acme Widgets' } })
  for (const word of ['Acme Widgets', 'acmewidgets', 'acme-widgets', 'ACME_WIDGETS', 'acme.widgets']) {
    await expectRefused(s, word, TOO_COMMON)
  }
  await register(s, { email: 'ann@example.com', password: 'acme widgets no. 7' })
})

test('BREACHED_PASSWORDS refuses what is known, and asks nothing at a login', async (t) => {
  const api = await rangeApi(t, ['a breached phrase'])
  const s = await startServer(t, { environment: { BREACHED_PASSWORDS: api.url } })
  await expectRefused(s, 'a breached phrase', BREACHED)
  await register(s, { email: 'ann@example.com', password: 'a phrase of ann' })
  assert.equal(api.asked.length, 2)
  for (const path of api.asked) assert.match(path, /^\/range\/[0-9A-F]{5}$/)
  await expectRefused(s, 'password1', TOO_COMMON) // refused anyway
  await signIn(s, 'ann@example.com', 'a phrase of ann')
  assert.equal(api.asked.length, 2)
})

for (const [policy, isOpen] of [
  ['open', true],
  ['closed', false],
] as const) {
  test(`when the look-up fails, BREACHED_PASSWORDS_FAIL=${policy} ${isOpen ? 'accepts' : 'refuses'}`, async (t) => {
    const environment = { BREACHED_PASSWORDS: 'http://127.0.0.1:1/range', BREACHED_PASSWORDS_FAIL: policy }
    const s = await startServer(t, { environment })
    if (isOpen) await register(s, { email: 'ann@example.com', password: 'a phrase of ann' })
    else await expectRefused(s, 'a phrase of ann', UNANSWERED)
    const warning = s.logs.find(({ message }) => message.includes('breached'))
    assert.deepEqual(warning?.fields, { why: 'unreachable', policy })
    assert.ok(!JSON.stringify(s.logs).includes('phrase'))
  })
}

test('PASSWORD_POLICY=legacy asks no list and nobody', async (t) => {
  const api = await rangeApi(t, ['password1'])
  const environment = { PASSWORD_POLICY: 'legacy', BREACHED_PASSWORDS: api.url }
  const s = await startServer(t, { environment })
  await register(s, { email: 'ann@example.com', password: 'password1' })
  assert.deepEqual(api.asked, [])
})

async function expectRefused(s: TestServer, password: string, reason: string): Promise<void> {
  const answer = await s.post(paths.register, { email: 'refused@example.com', password })
  expectJson(answer, 400, { password: [reason] })
}

async function blocklist(t: TestContext, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blocklist-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'words.txt'), content)
  return join(folder, 'words.txt')
}

/** A range API that knows these passwords. */
async function rangeApi(t: TestContext, known: readonly string[]) {
  const digests = known.map((password) => createHash('sha1').update(password).digest('hex').toUpperCase())
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const matching = digests.filter((digest) => url.endsWith(digest.slice(0, 5)))
    response.end([...matching.map((digest) => `${digest.slice(5)}:7`), `${'0'.repeat(35)}:0`].join('\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/range` }
}
