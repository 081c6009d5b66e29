/** Requests with the access token: what is sent, to whom, and how often. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { askThings, inChromium, signIn, visit } from './browser.ts'
import { failAll, failNext } from './faults.ts'
import type { Fault, Site } from './site.ts'

const THINGS = '/things'
const refused: Fault = { kind: 'answer', status: 401, body: 'no' }

inChromium('Requests', (stage) => {
  test('a request carries the access token, and other headers stay', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    const token = await tab.evaluate(() => client.getAccessToken())
    const status = await tab.evaluate(async () => {
      const init = { method: 'POST', headers: { 'content-type': 'text/x-note' }, body: 'note' }
      return (await client.fetch(new Request('/things', init))).status
    })
    assert.equal(status, 200)
    const [asked] = thingsOf(site)
    assert.equal(asked?.authorization, `Bearer ${token}`)
    assert.deepEqual([asked?.body, asked?.contentType], ['note', 'text/x-note'])
  })

  test('signed out, a request carries no token', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    assert.equal(await askThings(tab), 401)
    assert.deepEqual(
      thingsOf(site).map(({ authorization }) => authorization),
      [undefined],
    )
    assert.equal(site.refreshes().length, 0)
  })

  test('after a 401 the token is refreshed once and the request repeated with its body', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failNext(site, THINGS, refused)
    const status = await tab.evaluate(async () => {
      return (await client.fetch('/things', { method: 'PUT', body: new Blob(['note']) })).status
    })
    assert.equal(status, 200)
    assert.deepEqual(
      thingsOf(site).map(({ body }) => body),
      ['note', 'note'],
    )
    assert.equal(new Set(thingsOf(site).map(({ authorization }) => authorization)).size, 2)
    assert.equal(site.refreshes().length, 1)
  })

  test('a second 401 is the answer', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failAll(site, THINGS, refused)
    assert.equal(await askThings(tab), 401)
    assert.deepEqual([thingsOf(site).length, site.refreshes().length], [2, 1])
  })

  test('requests that get a 401 together share one refresh', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failNext(site, THINGS, refused, refused, refused, refused)
    const statuses = await tab.evaluate(async () => {
      const all = await Promise.all([1, 2, 3, 4].map(() => client.fetch('/things')))
      return all.map(({ status }) => status)
    })
    assert.deepEqual(statuses, [200, 200, 200, 200])
    assert.equal(site.refreshes().length, 1)
  })

  test('a request whose body cannot be read twice is not repeated: the program does that', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const tab = await openTab()
    await signIn(tab)
    failNext(site, THINGS, refused)
    const status = await tab.evaluate(async () => {
      return (await client.fetch(new Request('/things', { method: 'POST', body: 'note' }))).status
    })
    assert.equal(status, 401)
    assert.equal(thingsOf(site).length, 1)
    assert.equal(await askThings(tab), 200)
  })

  test('an origin that is not listed gets no request', async (t) => {
    const { openTab } = await visit(t, stage())
    const stranger = await startStranger(t)
    const tab = await openTab()
    await signIn(tab)
    for (const address of [stranger.origin, stranger.origin.replace('http:', 'https:'), 'data:text/plain,hello']) {
      const failure = await tab.evaluate((address) => client.fetch(address).catch(String), address)
      assert.match(String(failure), /^TypeError: .* is not among the origins that get the access token$/)
    }
    assert.deepEqual(stranger.authorizations, [])
  })

  test('an origin that is listed gets the token', async (t) => {
    const { openTab } = await visit(t, stage())
    const friend = await startStranger(t)
    const tab = await openTab({ origins: [friend.origin] })
    await signIn(tab)
    assert.equal(await tab.evaluate(async (address) => (await client.fetch(address)).status, friend.origin), 200)
    assert.match(String(friend.authorizations), /^Bearer ey/)
    assert.match(String(await tab.evaluate(() => client.fetch('/things').catch(String))), /^TypeError/)
  })

  test('a listed origin that redirects elsewhere does not pass the token on', async (t) => {
    const { site, openTab } = await visit(t, stage())
    const stranger = await startStranger(t)
    const tab = await openTab()
    await signIn(tab)
    failAll(site, THINGS, { kind: 'answer', status: 302, headers: { location: stranger.origin }, body: '' })
    assert.equal(await askThings(tab), 200)
    assert.match(String(thingsOf(site)[0]?.authorization), /^Bearer ey/)
    assert.deepEqual(stranger.authorizations, [undefined])
  })
})

/** A site of another origin that takes every request and remembers what token it was given. */
async function startStranger(t: TestContext) {
  const authorizations: (string | undefined)[] = []
  const allowed = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization' }
  const server = createServer(({ method, headers }, response) => {
    if (method !== 'OPTIONS') authorizations.push(headers.authorization)
    response.writeHead(200, allowed).end('hello')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, authorizations }
}

const thingsOf = (site: Site) => site.exchanges.filter(({ path }) => path === THINGS)
