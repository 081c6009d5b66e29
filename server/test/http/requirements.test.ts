/** What a service may require of a token with sdk/verify holds for the tokens of this service (RFC 9470). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier } from '../../../sdk/verify/src/index.ts'
import { OLD_KEY, oldClaims, signOld } from '../old-token.ts'
import { claimsOf, join, refresh } from '../scenario.ts'
import { startServer } from '../start-server.ts'

test('a service requires how and when a person signed in', async (t) => {
  const s = await startServer(t, { environment: { JWT_SECRET_KEY: OLD_KEY } })
  const { keys } = (await s.get('/.well-known/jwks.json')).json as { keys: never[] }
  const { verify } = createVerifier({
    issuer: 'https://auth.example.com',
    audience: 'samurai',
    keySet: { keys },
    revocations: { mode: 'off' },
    clock: { now: s.clock.now, monotonic: s.clock.now },
  })
  const ann = await join(s, 'ann')
  await s.clock.advance(600)

  await t.test('a password is aal1', async () => {
    assert.equal((await verify(ann.access, { requireAcr: ['aal1'] })).claims.acr, 'aal1')
    await assert.rejects(verify(ann.access, { requireAcr: ['aal2'] }), { code: 'acr' })
  })

  await t.test('the age is that of the sign-in, not of the token', async () => {
    const { access } = await refresh(s, ann.refresh)
    await verify(access, { requireMaxAge: 600 })
    await assert.rejects(verify(access, { requireMaxAge: 594 }), { code: 'max-age' }) // 5 seconds are tolerated
  })

  await t.test('after a step-up the next token meets more', async () => {
    const proof = { amr: ['otp'], authenticatedAt: s.clock.now() } as const
    const { sessions, database } = s.service
    await database.transaction((tx) => sessions.raise(tx, claimsOf(ann.access).sid, proof))
    const { access } = await refresh(s, ann.refresh)
    const { claims } = await verify(access, { requireAcr: ['aal2'], requireMaxAge: 0 })
    assert.deepEqual(claims.amr, ['pwd', 'otp'])
  })

  await t.test('of a session of the old service nothing is known, so it meets nothing', async () => {
    const { access } = await refresh(s, signOld(oldClaims(s, ann.id, 'refresh')))
    await verify(access)
    await assert.rejects(verify(access, { requireAcr: ['aal1'] }), { code: 'acr' })
    await assert.rejects(verify(access, { requireMaxAge: 1e9 }), { code: 'max-age' })
  })
})
