/**
 * SamurAI's gateway as the service's one client: it passes registrations and logins on, asks verify about whatever stands in
 * the Authorization header of its own callers, and reads the user from the token without looking at the signature.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../databases.ts'
import { expectJson, expectTokens, isGood, logOut, PASSWORD, paths, refresh } from '../scenario.ts'
import { type Client, startServer } from '../start-server.ts'

const NULL = ['This field may not be null.']
const names = ['first_name', 'last_name'] as const

type GatewayRequest = { email?: string; password?: string; first_name?: string; last_name?: string }

for (const { kind, name } of databases()) {
  test(`the gateway on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const gateway = createGateway(s)

    await t.test('sends null for what its caller did not give, and passes the refusal on', async () => {
      expectJson(await gateway.register({ email: 'gw@example.com', password: PASSWORD }), 400, {
        first_name: NULL,
        last_name: NULL,
      })
      expectJson(await gateway.register({}), 400, { email: NULL, password: NULL, first_name: NULL, last_name: NULL })
      expectJson(await gateway.logIn({}), 400, { email: NULL, password: NULL })
    })

    await t.test('registers a person and signs in', async () => {
      const person = { email: 'ann@example.com', password: PASSWORD, first_name: 'Ann', last_name: 'Lee' }
      const { password: _, ...told } = person
      expectJson(await gateway.register(person), 201, told)
      expectTokens(await gateway.logIn(person))
    })

    await t.test(
      'takes what its caller sends as Authorization for signed in, access and refresh token alike',
      async () => {
        const { access, refresh } = expectTokens(await gateway.logIn({ email: 'ann@example.com', password: PASSWORD }))
        assert.equal(await gateway.userOf(access), 1)
        assert.equal(await gateway.userOf(refresh), 1)
      },
    )

    await t.test('takes nobody for signed in with anything else', async () => {
      for (const authorization of ['', ' ', 'garbage', 'a.b.c', 'Bearer x', 'null', 'undefined', '\u0000', undefined]) {
        assert.equal(await gateway.userOf(authorization), undefined)
      }
    })

    await t.test('finds a person signed out as soon as the logout was answered', async () => {
      const first = expectTokens(await gateway.logIn({ email: 'ann@example.com', password: PASSWORD }))
      const second = await refresh(s, first.refresh)
      await logOut(s, second.refresh)
      for (const token of [first.access, second.access, second.refresh])
        assert.equal(await gateway.userOf(token), undefined)
    })

    await t.test('may send the token as Authorization too, with Bearer or without: only the field counts', async () => {
      const { access } = expectTokens(await gateway.logIn({ email: 'ann@example.com', password: PASSWORD }))
      for (const authorization of [access, `Bearer ${access}`, 'Bearer garbage', 'garbage', '']) {
        expectJson(await s.post(paths.verify, { token: access }, { authorization }), 200, {})
        expectJson(await s.post(paths.verify, {}, { authorization }), 400, { token: ['This field is required.'] })
      }
    })

    await t.test('asks about one token as often as its callers call', async () => {
      const { access } = expectTokens(await gateway.logIn({ email: 'ann@example.com', password: PASSWORD }))
      const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.userOf(access)))
      assert.deepEqual(new Set(answers), new Set([1]))
      assert.equal(await isGood(s, access), true)
    })
  })
}

function createGateway(s: Client) {
  return {
    register: (given: GatewayRequest) => s.post(paths.register, withNulls(given, 'email', 'password', ...names)),
    logIn: (given: GatewayRequest) => s.post(paths.login, withNulls(given, 'email', 'password')),
    /** The user whom a caller with this header is taken for; undefined: the gateway answers 401 itself. */
    async userOf(authorization: string | undefined): Promise<unknown> {
      const answer = await s.post(paths.verify, { token: authorization ?? null })
      assert.ok(answer.status < 500, answer.text)
      if (answer.status !== 200) return undefined
      const [, payload = ''] = (authorization ?? '').split('.')
      return JSON.parse(Buffer.from(payload, 'base64url').toString()).user_id
    },
  }
}

function withNulls(given: GatewayRequest, ...fields: (keyof GatewayRequest)[]): object {
  return Object.fromEntries(fields.map((field) => [field, given[field] ?? null]))
}
