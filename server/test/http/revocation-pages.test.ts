/** The revocation feed where it is long, where several processes serve it, and where many listen. */
import assert from 'node:assert/strict'
import { type ClientRequest, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { RevocationPage } from '../../../contract/revocations.ts'
import { databases } from '../databases.ts'
import { claimsOf, join, logOut } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import { ask, eventsOf, FEED, sidsOf } from './feed.ts'

const MOST = 5_000
const HOUR_MS = 3_600_000

/** Ends sessions that nobody has, as another machine does that writes them all at once. */
async function endMany(s: TestServer, name: string, count: number, firstId: number): Promise<string[]> {
  const sids = Array.from({ length: count }, (_, n) => `${name} ${n}`)
  const now = s.clock.now()
  for (let from = 0; from < count; from += 2_000) {
    const rows = sids.slice(from, from + 2_000).map((session_id, n) => ({
      id: firstId + from + n,
      session_id,
      ended_at: now,
      expires_at: now + HOUR_MS,
      status_index: null,
    }))
    await s.db.insertInto('revocation').values(rows).execute()
  }
  await s.clock.advance(0)
  return sids
}

/** Pages until there is no more, each from the next server. */
async function walk(servers: readonly TestServer[], after?: string): Promise<RevocationPage[]> {
  const pages: RevocationPage[] = []
  for (let cursor = after; ; ) {
    const page = await ask(servers[pages.length % servers.length] as TestServer, cursor)
    pages.push(page)
    assert.ok(page.revocations.length <= MOST && pages.length < 10)
    if (!page.more) return pages
    cursor = page.cursor
  }
}

const sidsOfAll = (pages: readonly RevocationPage[]) => pages.flatMap(sidsOf).sort()

for (const { kind, name } of databases()) {
  test(`a long revocation feed on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const other = await startServer(t, { kind, url: s.url, clock: s.clock })
    const ended = await endMany(s, 'many', 2 * MOST + 1, 10)
    await other.clock.advance(0)

    await t.test('comes in pages, each of which says whether there is more', async () => {
      const pages = await walk([s])
      assert.deepEqual(
        pages.map(({ more, revocations }) => [more, revocations.length]),
        [
          [true, MOST],
          [true, MOST],
          [undefined, 1],
        ],
      )
      assert.deepEqual(sidsOfAll(pages), ended.toSorted())
      assert.deepEqual(sidsOf(await ask(s, pages.at(-1)?.cursor)), [], 'what was told is not told again')
    })

    await t.test('is read on at any process, and comes to an end though each page is of another one', async () => {
      assert.deepEqual(sidsOfAll(await walk([s, other])), ended.toSorted())
    })

    await t.test('is signed once for all who ask at the same place', async () => {
      const { cursor } = await ask(s)
      for (const path of [FEED, `${FEED}?after=${cursor}`]) {
        const [one, another] = [await s.get(path), await s.get(path)]
        assert.ok(one.text === another.text)
      }
    })

    await t.test('tells what appears among the pages that were told already', async () => {
      for (const servers of [[s], [s, other]]) {
        const first = await ask(s)
        const [late = ''] = await endMany(s, `late ${servers.length}`, 1, servers.length)
        await other.clock.advance(0)
        const rest = await walk(servers, first.cursor)
        assert.ok(!sidsOfAll(rest).includes(late), 'the pages have passed its place')
        assert.ok(sidsOfAll(await walk(servers, rest.at(-1)?.cursor)).includes(late))
      }
    })

    await t.test('is streamed page by page, and then falls silent', async () => {
      const leaving = new AbortController()
      const pages: RevocationPage[] = []
      for await (const { page } of eventsOf(s, {}, leaving.signal)) {
        pages.push(page)
        if (!page.more && pages.length > 3) break
      }
      leaving.abort()
      assert.deepEqual(sidsOf(pages.at(-1) as RevocationPage), [])
      assert.ok(sidsOfAll(pages).includes(ended.at(-1) ?? ''))
    })
  })

  test(`a revocation of a machine whose clock is minutes behind, on ${name}`, async (t) => {
    const s = await startServer(t, { kind })
    const behind = await startServer(t, { kind, url: s.url, clock: { now: () => s.clock.now() - 300_000 } })
    const ann = await join(behind, 'ann')
    await s.clock.advance(600)
    const { cursor } = await ask(s)
    await logOut(behind, ann.refresh)
    await s.clock.advance(1)
    assert.deepEqual(sidsOf(await ask(s, cursor)), [claimsOf(ann.access).sid], 'it is told all the same')
    await s.clock.advance(600)
    const third = await startServer(t, { kind, url: s.url, clock: s.clock })
    assert.deepEqual(sidsOf(await ask(third, cursor)), [claimsOf(ann.access).sid], 'also where a process begins later')
  })

  test(`a revocation is told for as long as a verifier with its clock behind may take the token, on ${name}`, async (t) => {
    const s = await startServer(t, { kind, environment: { ACCESS_TOKEN_SECONDS: '300', REFRESH_GRACE_SECONDS: '0' } })
    const [ann, bob] = [await join(s, 'ann'), await join(s, 'bob')]
    await logOut(s, ann.refresh)
    await s.clock.advance(329)
    await logOut(s, bob.refresh)
    const sids = [ann, bob].map(({ access }) => claimsOf(access).sid)
    const anew = await startServer(t, { kind, url: s.url, clock: s.clock })
    for (const server of [s, anew]) assert.deepEqual(sidsOf(await ask(server)), sids)
    await s.clock.advance(2)
    assert.deepEqual(sidsOf(await ask(s)), [])
  })
}

const LISTENERS = 32

/** Opens a stream as somebody with that address; resolves with the status once it is known. */
function listen(t: TestContext, s: TestServer, address: string): Promise<{ status: number; stream: ClientRequest }> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': address }
    const stream = request({ host: '127.0.0.1', port: s.port, path: `${FEED}/stream`, headers, agent: false })
    t.after(() => stream.destroy())
    stream.on('error', reject)
    stream.on('response', (response) => {
      response.resume().on('error', () => {})
      resolve({ status: response.statusCode ?? 0, stream })
    })
    stream.end()
  })
}

test('streams of one network', async (t) => {
  const s = await startServer(t, {
    environment: { TRUST_PROXY: '127.0.0.1', LIMITS_SHARED_ADDRESSES: '198.51.100.0/24' },
  })
  const networks: [what: string, mine: (n: number) => string, neighbour: string][] = [
    ['an IPv4 address', () => '203.0.113.7', '203.0.113.8'],
    ['the addresses of an IPv6 subscriber', (n) => `2001:db8:0:1::${n + 1}`, '2001:db8:0:2::1'],
  ]
  for (const [what, mine, neighbour] of networks) {
    await t.test(`are bounded: ${what} cannot keep others out`, async (t) => {
      const streams = await Promise.all(Array.from({ length: LISTENERS }, (_, n) => listen(t, s, mine(n))))
      assert.ok(streams.every(({ status }) => status === 200))
      assert.equal((await listen(t, s, mine(LISTENERS))).status, 429)
      assert.equal((await listen(t, s, neighbour)).status, 200)
      assert.equal((await s.get(FEED, { 'x-forwarded-for': mine(LISTENERS) })).status, 200, 'the page is still given')
      streams[0]?.stream.destroy()
      await eventuallyListens(t, mine(0))
    })
  }

  await t.test('are not, where there may be everybody behind it', async (t) => {
    const streams = await Promise.all(Array.from({ length: LISTENERS + 2 }, () => listen(t, s, '198.51.100.1')))
    assert.ok(streams.every(({ status }) => status === 200))
  })

  async function eventuallyListens(t: TestContext, address: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      if ((await listen(t, s, address)).status === 200) return
      assert.ok(tries < 100)
    }
  }
})
