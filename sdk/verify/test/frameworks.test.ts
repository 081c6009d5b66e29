import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { BearerOptions } from '../src/express.ts'
import { requireToken as requireTokenInExpress } from '../src/express.ts'
import { requireToken as requireTokenInFastify } from '../src/fastify.ts'
import { requireToken as requireTokenInHono } from '../src/hono.ts'
import type { Verifier } from '../src/index.ts'
import { keySetOf, startIssuer } from './issuer.ts'
import { verifierOf } from './setup.ts'

/** Starts a service whose `GET /me` answers the subject of the token. @returns its port */
type Start = (t: TestContext, verifier: Verifier, options?: BearerOptions) => Promise<number>

const frameworks: Record<string, Start> = {
  async express(t, verifier, options) {
    const app = express().set('env', 'test') // errors are not printed
    app.use(express.urlencoded())
    app.all('/me', requireTokenInExpress(verifier, options), (request, response) => {
      response.json({ subject: request.verifiedToken?.subject })
    })
    const server = app.listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  async fastify(t, verifier, options) {
    const app = fastify()
    app.addHook('onRequest', requireTokenInFastify(verifier, options))
    app.all('/me', async (request) => ({ subject: request.verifiedToken?.subject }))
    t.after(() => app.close())
    await app.listen({ port: 0, host: '127.0.0.1' })
    return (app.server.address() as AddressInfo).port
  },
  async hono(t, verifier, options) {
    const app = new Hono().onError((_, c) => c.text('failed', 500))
    app.all('/me', requireTokenInHono(verifier, options), (c) => c.json({ subject: c.get('verifiedToken').subject }))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    t.after(() => void server.close())
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
}

type Answer = {
  status: number
  challenge: string | undefined
  retryAfter: string | undefined
  type: string
  body: Body
}
type Body = Record<string, unknown>

/** @param headers pairs, so that one name can come twice */
async function ask(port: number, headers: string[] = [], path = '/me', body?: string): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, headers, method: body ? 'POST' : 'GET', agent: false }
  const outgoing = request(options).end(body)
  const [incoming] = await once(outgoing, 'response')
  const answered = (await incoming.setEncoding('utf8').toArray()).join('')
  return {
    status: incoming.statusCode,
    challenge: incoming.headers['www-authenticate'],
    retryAfter: incoming.headers['retry-after'],
    type: incoming.headers['content-type'],
    body: answered.startsWith('{') ? JSON.parse(answered) : {},
  }
}

const bearer = (token: string) => ['Host', 'api', 'Authorization', `Bearer ${token}`]

for (const [name, start] of Object.entries(frameworks)) {
  describe(name, () => {
    it('lets a good token through, whatever the case of its scheme', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer))
      const token = await issuer.token()
      for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
        const answer = await ask(port, ['Host', 'api', 'Authorization', `${scheme} ${token}`])
        assert.equal(answer.status, 200)
        assert.deepEqual(answer.body, { subject: '7' })
      }
    })

    it('tells whoever comes without a token what is needed, and no error', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer), { realm: 'orders' })
      for (const headers of [[], ['Authorization', 'Basic YTpi'], ['Authorization', 'Bearertoken']]) {
        const answer = await ask(port, ['Host', 'api', ...headers])
        assert.equal(answer.status, 401)
        assert.equal(answer.challenge, 'Bearer realm="orders"')
        assert.match(answer.type, /^application\/problem\+json/)
        assert.equal(answer.body.status, 401)
      }
    })

    it('takes no token from the query, the body or a cookie (RFC 6750 §2.2, §2.3)', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer))
      const token = await issuer.token()
      const inQuery = await ask(port, ['Host', 'api', 'Cookie', `access_token=${token}`], `/me?access_token=${token}`)
      assert.equal(inQuery.status, 401)
      const form = ['Host', 'api', 'Content-Type', 'application/x-www-form-urlencoded']
      const body = `access_token=${token}`
      const inBody = await ask(port, [...form, 'Content-Length', String(body.length)], '/me', body)
      assert.equal(inBody.status, 401)
    })

    it('refuses a request with two Authorization headers, or one that is garbled', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer))
      const token = await issuer.token()
      const twice = await ask(port, [...bearer(token), 'Authorization', `Bearer ${token}`])
      const bad = ['Bearer', 'Bearer ', `Bearer ${token} ${token}`, `Bearer ${token},`, 'Bearer %', `Bearer "${token}"`]
      const garbled = await Promise.all(bad.map((value) => ask(port, ['Host', 'api', 'Authorization', value])))
      for (const answer of [twice, ...garbled]) {
        assert.equal(answer.status, 400)
        assert.equal(answer.challenge, 'Bearer error="invalid_request"')
      }
    })

    it('answers 401 to a bad token and says why', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer))
      const cases = [
        [await issuer.token({ exp: 1 }), 'expired', 'The token has expired.'],
        [await issuer.token({ aud: 'x' }), 'audience', 'The token is meant for another audience.'],
        ['x.y.z', 'malformed', 'The token is not a signed JWT of the expected form.'],
      ]
      for (const [token = '', code, detail] of cases) {
        const answer = await ask(port, bearer(token))
        assert.equal(answer.status, 401)
        assert.equal(answer.challenge, `Bearer error="invalid_token", error_description="${detail}"`)
        assert.deepEqual(answer.body, { type: 'about:blank', title: 'Unauthorized', status: 401, detail, code })
      }
    })

    it('answers 401 once the session has ended', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer, { revocations: {} }))
      await issuer.revoke('gone')
      const answer = await ask(port, bearer(await issuer.token({ sid: 'gone' })))
      assert.equal(answer.status, 401)
      assert.equal(answer.body.code, 'revoked')
    })

    it('answers 403 to a token that may not do this', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer), { requireScopes: ['read', 'write'], requireRoles: ['admin'] })
      const poor = await ask(port, bearer(await issuer.token({ scope: 'read', roles: ['admin'] })))
      assert.equal(poor.status, 403)
      assert.match(
        poor.challenge ?? '',
        /^Bearer error="insufficient_scope", error_description="[^"]+", scope="read write"$/,
      )
      const nobody = await ask(port, bearer(await issuer.token({ scope: 'read write' })))
      assert.equal(nobody.status, 403)
      assert.match(nobody.challenge ?? '', /^Bearer error="insufficient_scope", error_description="[^"]+"$/)
      assert.equal(nobody.body.code, 'role')
      const good = await ask(port, bearer(await issuer.token({ scope: 'read write', roles: ['admin'] })))
      assert.equal(good.status, 200)
    })

    it('answers 403 to a user who lacks a permission', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer), { requirePermissions: ['orders:read', 'orders:pay'] })
      for (const permissions of [undefined, ['orders:read']]) {
        const answer = await ask(port, bearer(await issuer.token({ permissions })))
        assert.equal(answer.status, 403)
        const challenge =
          'error="insufficient_scope", error_description="The user lacks a permission that is required here."'
        assert.equal(answer.challenge, `Bearer ${challenge}`)
        assert.equal(answer.body.code, 'permission')
      }
      const good = await ask(port, bearer(await issuer.token({ permissions: ['orders:pay', 'orders:read'] })))
      assert.equal(good.status, 200)
    })

    it('asks for a stronger or fresher sign-in (RFC 9470)', async (t) => {
      const issuer = await startIssuer(t)
      const port = await start(t, verifierOf(t, issuer), { requireAcr: ['aal3', 'aal2'], requireMaxAge: 300 })
      const now = Math.floor(Date.now() / 1000)
      const challenge =
        /^Bearer error="insufficient_user_authentication", error_description="[^"]+", acr_values="aal3 aal2", max_age="300"$/
      for (const claims of [
        { auth_time: now },
        { acr: 'aal1', auth_time: now },
        { acr: 'aal2', auth_time: now - 400 },
      ]) {
        const answer = await ask(port, bearer(await issuer.token(claims)))
        assert.equal(answer.status, 401)
        assert.match(answer.challenge ?? '', challenge)
      }
      const good = await ask(port, bearer(await issuer.token({ acr: 'aal2', auth_time: now - 100 })))
      assert.equal(good.status, 200)
    })

    it('answers 503 and not 401 when nothing can be decided', async (t) => {
      const issuer = await startIssuer(t)
      const token = await issuer.token()
      await issuer.stop()
      const port = await start(t, verifierOf(t, issuer))
      const answer = await ask(port, bearer(token))
      assert.equal(answer.status, 503)
      assert.equal(answer.retryAfter, '2')
      assert.equal(answer.challenge, undefined)
      assert.equal(answer.body.code, 'unavailable')
    })

    it('leaves other errors to the framework', async (t) => {
      const issuer = await startIssuer(t)
      const token = await issuer.token()
      const now = () => {
        throw new Error('the clock is broken')
      }
      const verifier = verifierOf(t, issuer, { keySet: keySetOf(issuer), clock: { now, monotonic: () => 0 } })
      const answer = await ask(await start(t, verifier), bearer(token))
      assert.equal(answer.status, 500)
      assert.equal(answer.challenge, undefined)
    })

    it('a wrong option stops the start', async (t) => {
      const issuer = await startIssuer(t)
      const verifier = verifierOf(t, issuer)
      for (const options of [{ requireScope: ['a'] }, { requireScopes: 'a' }, { realm: 'a"b' }]) {
        await assert.rejects(start(t, verifier, options as BearerOptions), TypeError)
      }
    })
  })
}
