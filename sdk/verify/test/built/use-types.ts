/** Compiled, not run: the types of the package as a service sees them. package.test.ts puts names for paths. */

import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { requireToken } from '../../src/express.ts'
import { requireToken as requireTokenInFastify } from '../../src/fastify.ts'
import { requireToken as requireTokenInHono } from '../../src/hono.ts'
import { type Algorithm, createVerifier, TokenError } from '../../src/index.ts'

const verifier = createVerifier({ issuer: 'https://auth.example', audience: 'api', revocations: { fail: 'open' } })
express().get('/', requireToken(verifier, { requireScopes: ['read'] }), (request, response) => {
  const subject: string | undefined = request.verifiedToken?.subject
  response.end(subject)
})
fastify().get('/', { onRequest: requireTokenInFastify(verifier) }, async (request) => request.verifiedToken?.claims.exp)
new Hono().get('/', requireTokenInHono(verifier), (c) => c.text(c.get('verifiedToken').subject))

// @ts-expect-error there are no symmetric algorithms
export const algorithm: Algorithm = 'HS256'
// @ts-expect-error an audience is required
createVerifier({ issuer: 'https://auth.example' })
// @ts-expect-error verified tokens cannot be changed
verifier.verifySync('x').claims.sub = 'y'
export const isRefusal: boolean = new TokenError('expired').isRefusal
