/** Uses the package as a service would, from plain JavaScript, and prints what it saw. package.test.ts puts names for paths. */
import { createServer } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { requireToken } from '../../src/express.ts'
import { requireToken as requireTokenInFastify } from '../../src/fastify.ts'
import { requireToken as requireTokenInHono } from '../../src/hono.ts'
import { createVerifier, TokenError } from '../../src/index.ts'

const { issuer, audience, tokens, revoke } = JSON.parse(process.argv[2])
const verifier = createVerifier({ issuer, audience, onWarning: ({ code }) => warnings.push(code) })
const warnings = []

async function codeOf(token) {
  try {
    await verifier.verify(token)
    return 'accepted'
  } catch (error) {
    return error instanceof TokenError ? error.code : String(error)
  }
}

await verifier.ready()
const codes = {}
for (const [name, token] of Object.entries(tokens)) codes[name] = await codeOf(token)

const middleware = requireToken(verifier, { requireScopes: ['read'] })
const server = createServer((request, response) => {
  middleware(request, response, () => response.end(request.verifiedToken.subject))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}/`
const refused = await fetch(url)
const answered = await fetch(url, { headers: { authorization: `Bearer ${tokens.good}` } })
const http = [refused.status, refused.headers.get('www-authenticate'), answered.status, await answered.text()]

await fetch(revoke)
for (let n = 0; n < 500 && (await codeOf(tokens.good)) === 'accepted'; n++) await wait(10)
const afterwards = await codeOf(tokens.good)

const hooks = [requireTokenInFastify(verifier), requireTokenInHono(verifier)].map((hook) => typeof hook)
verifier.close()
server.close()
server.closeAllConnections()
console.log(JSON.stringify({ node: process.version, codes, http, afterwards, hooks, warnings }))
