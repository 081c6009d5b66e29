/** What reverse proxies are answered. The proxies themselves: server/test/deploy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RefusalCode } from '../../../contract/problems.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, expectProblem, join, logOut, type Person, paths, refresh, register, signIn } from '../scenario.ts'
import { type Answer, startServer, type TestServer } from '../start-server.ts'

const PATH = '/api/forward-auth'
const MISSING = 'Bearer realm="api"'
const REFUSED = 'Bearer realm="api", error="invalid_token"'

const ask = (s: TestServer, authorization?: string) => s.get(PATH, { authorization })
const askAs = (s: TestServer, token: string) => ask(s, `Bearer ${token}`)

test('forward-auth lets the holder of a good access token through', async (t) => {
  const s = await startServer(t, { environment: { JWT_SECRET_KEY: OLD_KEY } })
  const ann = await join(s, 'ann')

  await t.test('and says who it is, in headers only', async () => {
    const answer = await askAs(s, ann.access)
    assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [200, '', '0'])
    assert.deepEqual(identityOf(answer), [String(ann.id), 'ann@example.com', '', claimsOf(ann.access).sid])
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['set-cookie'], undefined)
  })

  await t.test('to HEAD as to GET', async () => {
    const headers = { authorization: `Bearer ${ann.access}` }
    const answer = await s.ask({ method: 'HEAD', path: PATH, headers })
    assert.deepEqual([answer.status, identityOf(answer)], [200, identityOf(await askAs(s, ann.access))])
    expectChallenge(await s.ask({ method: 'HEAD', path: PATH }), MISSING)
  })

  for (const authorization of ['bearer TOKEN', 'BEARER TOKEN', 'Bearer   TOKEN', ' Bearer TOKEN ']) {
    await t.test(`spelled as "${authorization}"`, async () => {
      assert.equal((await ask(s, authorization.replace('TOKEN', ann.access))).status, 200)
    })
  }

  await t.test('that the old service made: it names no session', async () => {
    const answer = await askAs(s, signOld(oldClaims(s, ann.id, 'access')))
    assert.deepEqual([answer.status, ...identityOf(answer)], [200, String(ann.id), 'ann@example.com', '', ''])
  })

  await t.test('whatever a proxy passes on beside it', async () => {
    const forwarded = { 'x-forwarded-uri': '/healthz', 'x-original-url': '/healthz', 'x-forwarded-method': 'OPTIONS' }
    assert.equal((await s.get(PATH, { ...forwarded, authorization: `Bearer ${ann.access}` })).status, 200)
    expectChallenge(await s.get(PATH, { ...forwarded, 'user-agent': 'kube-probe/1.30', 'x-user-id': '1' }), MISSING)
  })

  await t.test('with the roles as they are now', async () => {
    for (const role of ['support', 'auditor'])
      await s.service.lifecycle.changeRole({ userId: ann.id, role, isGranted: true })
    assert.equal((await askAs(s, ann.access)).headers['x-user-roles'], 'auditor,support')
    await s.service.lifecycle.changeRole({ userId: ann.id, role: 'auditor', isGranted: false })
    assert.equal((await askAs(s, ann.access)).headers['x-user-roles'], 'support')
  })

  await t.test('without a line in the log', async () => {
    const before = s.logs.length
    await askAs(s, ann.access)
    assert.equal(s.logs.length, before)
  })
})

const nobody: readonly [title: string, authorization: (person: Person) => string | undefined, challenge: string][] = [
  ['no header', () => undefined, MISSING],
  ['an empty header', () => '', MISSING],
  ['another scheme', () => 'Basic YW5uOmdlaGVpbQ==', MISSING],
  ['a token without a scheme', ({ access }) => access, MISSING],
  ['a scheme that only begins like it', ({ access }) => `Bearer2 ${access}`, MISSING],
  ['the scheme alone', () => 'Bearer', REFUSED],
  ['the scheme and a space', () => 'Bearer ', REFUSED],
  ['garbage', () => 'Bearer garbage', REFUSED],
  ['a refresh token', ({ refresh }) => `Bearer ${refresh}`, REFUSED],
  ['a token with something behind it', ({ access }) => `Bearer ${access} x`, REFUSED],
  ['two tokens', ({ access }) => `Bearer ${access}, Bearer ${access}`, REFUSED],
  ['a token behind another scheme', ({ access }) => `Basic eA==, Bearer ${access}`, MISSING],
  ['a quoted token', ({ access }) => `Bearer "${access}"`, REFUSED],
]

test('forward-auth lets nobody through', async (t) => {
  const s = await startServer(t)
  const ann = await join(s, 'ann')

  for (const [title, authorization, challenge] of nobody) {
    await t.test(`with ${title}`, async () => {
      const answer = await ask(s, authorization(ann))
      expectProblem(answer, 401, challenge === MISSING ? 'token-missing' : 'token-refused')
      expectChallenge(answer, challenge)
    })
  }

  await t.test('with two headers, good as both may be', async () => {
    const header = `Authorization: Bearer ${ann.access}\r\n`
    const request = `GET ${PATH} HTTP/1.1\r\nHost: x\r\n${header}HEADERConnection: close\r\n\r\n`
    assert.match(await s.sendRaw(request.replace('HEADER', '')), /^HTTP\/1\.1 200 /)
    for (const other of [header, 'authorization: Basic eA==\r\n', 'AUTHORIZATION:\r\n']) {
      const answer = await s.sendRaw(request.replace('HEADER', other))
      assert.match(answer, /^HTTP\/1\.1 401 /)
      assert.match(answer, /"code":"token-refused"/)
    }
  })

  await t.test('for a token in another place', async () => {
    const { access } = ann
    expectRefusal(await s.get(`${PATH}?access_token=${access}&token=${access}`), 'token-missing')
    expectRefusal(await s.get(PATH, { cookie: `access=${access}; access_token=${access}` }), 'token-missing')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = `access_token=${access}`
    expectRefusal(await s.ask({ method: 'GET', path: PATH, body, headers: form }), 'token-missing')
  })

  await t.test('once the session was ended', async () => {
    const bea = await join(s, 'bea')
    const second = await refresh(s, bea.refresh)
    await logOut(s, second.refresh)
    for (const { access } of [bea, second]) expectRefusal(await askAs(s, access), 'token-refused')
  })

  await t.test('who was disabled or erased', async () => {
    for (const end of ['disable', 'erase'] as const) {
      const person = await join(s, end)
      assert.equal((await askAs(s, person.access)).status, 200)
      await s.service.lifecycle[end](person.id)
      expectRefusal(await askAs(s, person.access), 'token-refused')
    }
  })

  await t.test('whose row says disabled, though no feed has told it yet', async () => {
    const person = await join(s, 'row')
    await s.db.updateTable('user').set({ disabled_at: s.clock.now() }).where('id', '=', person.id).execute()
    expectRefusal(await askAs(s, person.access), 'token-refused')
  })

  await t.test('by another method', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
      const answer = await s.ask({ method, path: PATH, headers: { authorization: `Bearer ${ann.access}` } })
      expectProblem(answer, 405, 'method-not-allowed')
      assert.equal(answer.headers.allow, 'GET, HEAD')
      assert.equal(answer.headers['x-user-id'], undefined)
    }
  })

  await t.test('after the token expired', async () => {
    await s.clock.advance(3600)
    expectRefusal(await askAs(s, ann.access), 'token-refused')
  })
})

test('forward-auth answers 5xx, and no identity, when nobody can say', async (t) => {
  let now = Date.UTC(2026, 10, 23)
  const s = await startServer(t, { clock: { now: () => now } })
  const { access } = await join(s, 'ann')
  const rename = (from: string, to: string) => s.db.schema.alterTable(from).renameTo(to).execute()

  await t.test('because the user cannot be read', async () => {
    await rename('user', 'away')
    const answer = await askAs(s, access)
    await rename('away', 'user')
    assert.equal(answer.status, 500)
    assert.deepEqual(identityOf(answer), [undefined, undefined, undefined, undefined])
  })

  await t.test('because it is not known which sessions have ended', async () => {
    await rename('revocation', 'away')
    now += 31_000
    const answer = await askAs(s, access)
    await rename('away', 'revocation')
    expectProblem(answer, 503, 'database-unavailable')
    assert.equal(answer.headers['retry-after'], '1')
    assert.deepEqual(identityOf(answer), [undefined, undefined, undefined, undefined])
  })
})

const registered: readonly (readonly [email: string, told: string])[] = [
  ['Ann.Lee+x@Example.com', 'Ann.Lee+x@Example.com'],
  ["o'neil!#$%&*/=?^_`{|}~@example.com", "o'neil!#$%&*/=?^_`{|}~@example.com"],
  ['ann@münchen.example', 'ann@xn--mnchen-3ya.example'],
  ['ann@例え.テスト', 'ann@xn--r8jz45g.xn--zckzah'],
]

/** As an import may bring them: the old service took them once, or another program wrote them. */
const imported: readonly (readonly [email: string, told: string])[] = [
  ['ann@example.com\r\nX-User-Id: 1', ''],
  ['ann\nx@example.com', ''],
  ['"a b"@example.com', ''],
  ['änn@example.com', ''],
  ['ann@exa mple.com', ''],
  ['ann@ümlaut.example\r\nX-User-Roles: admin', ''],
  ['änn', ''],
  ['@', '@'],
  ['', ''],
]

test('forward-auth tells the address', async (t) => {
  const s = await startServer(t)

  for (const [email, told] of registered) {
    await t.test(`${email} as ${told}`, async () => {
      await register(s, { email })
      const answer = await askAs(s, (await signIn(s, email)).access)
      assert.deepEqual([answer.status, answer.headers['x-user-email']], [200, told])
    })
  }

  const { id, access } = await join(s, 'imported')
  for (const [email, told] of imported) {
    await t.test(`${JSON.stringify(email)}, which no registration takes, as "${told}"`, async () => {
      await s.db.updateTable('user').set({ email }).where('id', '=', id).execute()
      const answer = await askAs(s, access)
      assert.deepEqual([answer.status, ...identityOf(answer)], [200, String(id), told, '', claimsOf(access).sid])
    })
  }
})

test('the legacy API keeps its own words beside it', async (t) => {
  const s = await startServer(t)
  const answer = await s.post(paths.verify, { token: 'x' })
  assert.equal(answer.headers['www-authenticate'], MISSING)
})

function identityOf({ headers }: Answer): unknown[] {
  return ['x-user-id', 'x-user-email', 'x-user-roles', 'x-session-id'].map((name) => headers[name])
}

function expectRefusal(answer: Answer, code: RefusalCode): void {
  expectProblem(answer, 401, code)
  expectChallenge(answer, code === 'token-missing' ? MISSING : REFUSED)
}

function expectChallenge(answer: Answer, challenge: string): void {
  assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, challenge])
  assert.deepEqual(identityOf(answer), [undefined, undefined, undefined, undefined])
}
