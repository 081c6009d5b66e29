import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeAt } from '../code-app.ts'
import { databases } from '../databases.ts'
import { claimsOf, expectProblem, isGood, refresh, signIn } from '../scenario.ts'
import { expectStatus, mails, seed, startTestMode } from './tester.ts'

const ann = { email: 'ann@example.com', password: 'three red apples' }
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

describe('a seeded user', () => {
  it('signs in as anybody does, is proved unless said otherwise, and was sent no mail', async (t) => {
    const s = await startTestMode(t)
    const seeded = await seed(s, { ...ann, first_name: 'Ann', last_name: 'Lee' })
    assert.deepEqual(seeded, { id: seeded.id, email: ann.email })
    await seed(s, { email: 'bea@example.com', verified: false })
    const tokens = await signIn(s, ann.email, ann.password)
    assert.equal(claimsOf(tokens.access).user_id, seeded.id)
    const rows = await s.db
      .selectFrom('user')
      .select(['first_name', 'last_name', 'email_verified_at'])
      .orderBy('id')
      .execute()
    assert.deepEqual(
      rows.map(({ first_name, last_name, email_verified_at }) => [first_name, last_name, email_verified_at !== null]),
      [
        ['Ann', 'Lee', true],
        ['', '', false],
      ],
    )
    assert.deepEqual(await mails(s), [])
  })

  for (const { kind, name } of databases()) {
    it(`comes with tokens that are asked for, and they are tokens of a session (${name})`, async (t) => {
      const s = await startTestMode(t, { kind })
      const { access = '', refresh: token = '' } = await seed(s, { ...ann, tokens: true })
      assert.deepEqual(claimsOf(access).amr, ['pwd'])
      assert.equal(await isGood(s, access), true)
      const me = await s.get('/api/account', { authorization: `Bearer ${(await refresh(s, token)).access}` })
      assert.equal((me.json as { email: string }).email, ann.email)
    })

    it(`with an app for codes is asked for one (${name})`, async (t) => {
      const s = await startTestMode(t, { kind })
      const { access = '', recovery_codes: codes = [] } = await seed(s, { ...ann, totp_secret: SECRET, tokens: true })
      assert.deepEqual([claimsOf(access).acr, codes.length], ['aal2', 10])
      const half = await s.post('/api/login', ann)
      const { mfa_token, methods } = expectStatus(half, 401) as { mfa_token: string; methods: string[] }
      assert.deepEqual(methods, ['totp', 'recovery_code'])
      const finish = (code: string) => s.post('/api/login/mfa', { mfa_token, method: 'totp', code })
      assert.equal((await finish('000000')).status, 401)
      expectStatus(await finish(codeAt(SECRET, s.clock.now())), 200)
    })
  }

  it('with roles may do what they hold', async (t) => {
    const s = await startTestMode(t)
    const { access } = await seed(s, { ...ann, roles: ['admin'], tokens: true })
    expectStatus(await s.get('/api/admin/users', { authorization: `Bearer ${access}` }), 200)
  })

  it('is refused with what would be refused elsewhere too, and then there is no such user', async (t) => {
    const s = await startTestMode(t)
    await seed(s, { email: 'bea@example.com' })
    const refusals = [
      [{ ...ann, email: 'BEA@example.com' }, 409, 'identifier-taken'],
      [{ ...ann, password: 'password' }, 422, 'password-refused'],
      [{ ...ann, roles: ['no-such-role'] }, 404, 'not-found'],
      [{ ...ann, totp_secret: 'no base 32!' }, 400, 'malformed-request'],
      [{ ...ann, totp_secret: 'JBSWY3DP' }, 400, 'malformed-request'],
      [{ email: ann.email }, 400, 'malformed-request'],
    ] as const
    for (const [body, status, code] of refusals) expectProblem(await s.post('/test/users', body), status, code)
    const rows = await s.db.selectFrom('user').select('email').execute()
    assert.deepEqual(
      rows.map(({ email }) => email),
      ['bea@example.com'],
    )
  })
})
