/** The recipes in deploy/: who gets through, and what the service behind is told. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../eventually.ts'
import { signOld } from '../old-token.ts'
import { logOut, type Person, register, signIn } from '../scenario.ts'
import { valuesOf } from './app.ts'
import {
  askAs,
  expectChallenge,
  expectIdentity,
  expectNoAccess,
  expectNobody,
  expectNobodySeen,
  joinPlace,
  ownAddress,
  type Place,
  startPlaces,
} from './places.ts'
import type { ProxyName } from './proxies.ts'
import { APP, AUTH, ask, askH2, bearer, type Header, oneConnection, sendRaw } from './talk.ts'
import * as tricks from './tricks.ts'

const MISSING = 'Bearer realm="api"'
const REFUSED = 'Bearer realm="api", error="invalid_token"'
const JSON_BODY: Header = ['Content-Type', 'application/json']
const both = [ask, askH2]

test('a reverse proxy with its recipe', { concurrency: true }, async (t) => {
  const tests = (await startPlaces(t)).map((place) =>
    t.test(place.name, async (t) => {
      for (const [title, check, except] of checks) if (place.name !== except) await t.test(title, () => check(place))
    }),
  )
  await Promise.all(tests)
})

type Check = readonly [title: string, check: (place: Place) => Promise<void>, except?: ProxyName]

const entrance: readonly Check[] = [
  ['asks for a token', (place) => expectChallenge(place, { target: '/private' }, MISSING)],
  [
    'refuses what is no good access token',
    async (place) => {
      for (const token of ['garbage', 'a.b.c', place.ann.refresh, oldToken(place.ann, -1), '']) {
        await expectChallenge(place, { target: '/private', headers: [bearer(token)] }, REFUSED)
      }
      await expectChallenge(place, { target: '/private', headers: [['Authorization', 'Basic eA==']] }, MISSING)
    },
  ],
  [
    'lets the holder of a good one through, says who it is, and leaves the address as it was spelled',
    async ({ port, ann }) => {
      const target = '/private/a%2Fb;x=1//c?d=%2e'
      for (const send of both) {
        const answer = await send(port, { target, headers: [bearer(ann.access)] })
        expectIdentity(answer, ann)
        assert.equal(answer.seen?.target, target)
      }
    },
  ],
  [
    'passes on the path alone of an address that names the host too',
    async ({ port, ann }) => {
      const answer = await ask(port, { target: `http://${APP}/private?x`, headers: [bearer(ann.access)] })
      expectIdentity(answer, ann)
      assert.equal(answer.seen?.target, '/private?x')
    },
  ],
  [
    'tells no session for a token of the old service, which names none',
    async ({ port, ann }) => {
      const headers: Header[] = [bearer(oldToken(ann, 60)), ['X-Session-Id', tricks.SPOOFED]]
      const { seen } = await ask(port, { target: '/private', headers })
      assert.ok(seen)
      assert.deepEqual([valuesOf(seen, 'X-User-Id'), valuesOf(seen, 'X-Session-Id').join()], [[String(ann.id)], ''])
    },
  ],
  [
    'shows the auth service neither body nor cookie',
    async ({ port, ann, relay }) => {
      relay.takeSent()
      const body = 'geheim '.repeat(20_000)
      const headers: Header[] = [bearer(ann.access), ['Cookie', 'taste=geheim']]
      const answer = await ask(port, { method: 'POST', target: '/private', headers, body })
      expectIdentity(answer, ann)
      assert.deepEqual([answer.seen?.method, answer.seen?.body], ['POST', body])
      const sent = relay.takeSent()
      assert.match(sent, /^GET \/api\/forward-auth HTTP\/1\.1\r\n/)
      assert.doesNotMatch(sent, /geheim|transfer-encoding|content-length: [1-9]/i)
    },
  ],
  [
    'lets nobody through with two tokens, good as both may be',
    async (place) => {
      const [ann, bea] = [bearer(place.ann.access), bearer((await joinPlace(place, 'bea')).access)]
      const list: Header = ['Authorization', `${ann[1]}, ${bea[1]}`]
      for (const headers of [[ann, bea], [ann, ann], [ann, bearer('x')], [bearer('x'), ann], [list]]) {
        for (const send of both) await expectNoAccess(place, { target: '/private', headers }, send)
      }
    },
  ],
  [
    'refuses a token at once after its session was ended',
    async (place) => {
      const { port } = place
      const person = await joinPlace(place, 'end')
      expectIdentity(await askAs(place, person), person)
      const body = JSON.stringify({ refresh: person.refresh })
      const end = await ask(port, { method: 'POST', target: '/api/logout', host: AUTH, headers: [JSON_BODY], body })
      assert.equal(end.status, 200, end.text)
      await expectChallenge(place, { target: '/private', headers: [bearer(person.access)] }, REFUSED)
    },
  ],
]

const addresses: readonly Check[] = [
  [
    'needs no token for what is public',
    async ({ port }) => {
      for (const target of tricks.publicTargets) {
        for (const send of both) {
          const answer = await send(port, { target })
          expectNobody(answer)
          assert.equal(answer.seen?.target, target)
        }
      }
    },
  ],
  [
    'needs one for everything else, however it is spelled',
    async (place) => {
      const headers: Header[] = [['X-Trick', 'public/a?']]
      for (const target of tricks.privateTargets) {
        await expectNoAccess(place, { target, headers })
        if (target.startsWith('/')) await expectNoAccess(place, { target, headers }, askH2)
      }
    },
  ],
  [
    'needs one for every method',
    async (place) => {
      for (const method of tricks.methods) await expectNoAccess(place, { method, target: '/private' })
    },
  ],
  [
    'passes every method on',
    async ({ port, app, ann }) => {
      app.takeSeen()
      const methods = tricks.methods.filter((method) => method !== 'TRACE') // which proxies may refuse
      for (const method of methods) await ask(port, { method, target: '/private', headers: [bearer(ann.access)] })
      assert.deepEqual(
        app.takeSeen().map(({ method }) => method),
        methods,
      )
    },
  ],
  ...tricks.rawRequests.map(
    ([title, bytes]): Check => [
      `lets nobody through with ${title}`,
      async ({ port, app }) => {
        app.takeSeen()
        const text = await sendRaw(port, bytes)
        assert.deepEqual(app.takeSeen(), [], text)
      },
    ],
  ),
]

const headers: readonly Check[] = [
  ...[...tricks.identityHeaders, ...tricks.believedHeaders].map(
    (header): Check => [
      `passes on no ${header} of the client, however it is spelled`,
      async ({ port, ann }) => {
        const spoofed = tricks.spellingsOf(header).map((name): Header => [name, tricks.SPOOFED])
        for (const send of both) {
          expectIdentity(await send(port, { target: '/private', headers: [bearer(ann.access), ...spoofed] }), ann)
          expectNobody(await send(port, { target: '/public/x', headers: spoofed }))
        }
      },
    ],
  ),
  [
    'passes on none of them either over a connection that was opened for the auth service',
    async ({ port, ann }) => {
      const spoofed = tricks.spellingsOf('X-User-Id').map((name): Header => [name, tricks.SPOOFED])
      const headers = [bearer(ann.access), ...spoofed]
      expectIdentity(await ask(port, { target: '/private', serverName: AUTH, headers }), ann)
    },
  ],
  [
    'lets the client take away no header of the proxy',
    async ({ port, ann }) => {
      const connection: Header = ['Connection', `close, ${tricks.identityHeaders}, X-Forwarded-For, X-Forwarded-Host`]
      const answer = await ask(port, { target: '/private', headers: [bearer(ann.access), connection] })
      expectIdentity(answer, ann)
      assert.doesNotMatch(String(answer.seen && valuesOf(answer.seen, 'Connection')), /x-/i)
    },
  ],
  [
    'passes on no offer to speak another protocol',
    async ({ port }) => {
      const offer: Header[] = [
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['Upgrade', 'h2c'],
        ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
      ]
      const answer = await ask(port, { target: '/public/x', headers: offer })
      expectNobody(answer)
      assert.deepEqual(answer.seen && valuesOf(answer.seen, 'Upgrade'), [])
    },
  ],
  [
    'passes on an address whose letters mean something to a proxy',
    async ({ port, name, auth }) => {
      for (const localPart of ['{env.HOME}', '$remote_addr', '%{src}', "o'neil!#%&*/=?^_`{|}~"]) {
        const email = `${localPart}@${name}.example.com`
        await register(auth, { email })
        const { access } = await signIn(auth, email)
        const { seen } = await ask(port, { target: '/private', headers: [bearer(access)] })
        assert.deepEqual(seen && valuesOf(seen, 'X-User-Email'), [email])
      }
    },
  ],
  [
    'takes large headers, and lets nobody through with too large ones',
    async (place) => {
      const cookie = (size: number): Header => ['Cookie', `a=${'x'.repeat(size)}`]
      const headers = [bearer(place.ann.access), cookie(6_000)]
      expectIdentity(await ask(place.port, { target: '/private', headers }), place.ann)
      for (const header of [cookie(12_000), bearer('x'.repeat(12_000)), bearer('x'.repeat(40_000))]) {
        await expectNoAccess(place, { target: '/private', headers: [header] })
      }
    },
  ],
]

const connections: readonly Check[] = [
  [
    'keeps people apart who share a connection, or come at once',
    async (place) => {
      const { port, ann } = place
      const bea = await joinPlace(place, 'share')
      const agent = oneConnection()
      for (let round = 0; round < 5; round++) {
        for (const person of [ann, bea]) {
          expectIdentity(await ask(port, { target: '/private', headers: [bearer(person.access)], agent }), person)
        }
        expectNobody(await ask(port, { target: '/public/x', agent }))
        await expectNoAccess(place, { target: '/private', agent })
      }
      agent.destroy()
      const people = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? ann : bea))
      const answers = await Promise.all(people.map((person) => askAs(place, person)))
      for (const [n, answer] of answers.entries()) expectIdentity(answer, people[n] as Person)
    },
  ],
  ...tricks.smuggled.map(
    ([title, bytes]): Check => [
      `is not misled by ${title}`,
      async ({ port, app }) => {
        app.takeSeen()
        const text = await sendRaw(port, bytes)
        for (const seen of app.takeSeen()) {
          assert.equal(seen.target, '/public/x', text)
          expectNobodySeen(seen)
        }
      },
    ],
  ),
]

const authService: readonly Check[] = [
  [
    "tells the auth service the client's address, and not what the client says",
    async (place) => {
      const from = ownAddress(place)
      const names = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'X-Forwarded-Host', 'X-Forwarded-Proto']
      const headers = names.map((name): Header => [name, '203.0.113.7'])
      for (const host of [APP, AUTH]) await ask(place.port, { target: '/nothing', host, from, headers })
      await eventually(
        'both are in the log',
        () => place.auth.logs.filter(({ address }) => address === from).length === 2,
      )
      assert.equal(
        place.auth.logs.some(({ address }) => address === '203.0.113.7'),
        false,
      )
    },
  ],
  [
    'limits how often an address tries passwords',
    async (place) => {
      const login = { method: 'POST', target: '/api/login', host: AUTH, headers: [JSON_BODY], body: '{}' }
      const statuses = new Set<number>()
      for (let n = 0; n < 35; n++) statuses.add((await ask(place.port, { ...login, from: ownAddress(place) })).status)
      assert.deepEqual([...statuses], [400, 429])
      assert.equal((await ask(place.port, login)).status, 400)
    },
    'Caddy', // has no limit of its own
  ],
  [
    'passes its revocation stream on as it comes',
    async (place) => {
      const person = await joinPlace(place, 'stream')
      const request = `GET /api/revocations/stream HTTP/1.1\r\nHost: ${AUTH}\r\n\r\n`
      const text = sendRaw(place.port, request, 1_500)
      await wait(300) // for the first page, which does not have it yet
      await logOut(place.auth, person.refresh)
      assert.match(await text, /content-type: text\/event-stream.*\ndata: .*\ndata: /is)
    },
  ],
]

const checks = [...entrance, ...addresses, ...headers, ...connections, ...authService]

/** An access token of the old service: those may be made here, and so may an expired one. */
function oldToken({ id }: Person, seconds: number): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { token_type: 'access', iat: now - 60, exp: now + seconds, jti: randomUUID(), user_id: id }
  return signOld(claims)
}
