import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { notice } from '../account-by-mail/mail.ts'
import { createAuthenticator, flags, type Lies } from '../authenticator.ts'
import { databases } from '../databases.ts'
import { expectProblem, isGood, join, storeHash } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import {
  anotherSession,
  bearer,
  enrolApp,
  enrolPasskey,
  expectStatus,
  factorEvents,
  get,
  NOWHERE,
  ORIGIN,
  PASSKEYS,
  type PasskeyBody,
  post,
  prove,
  remove,
  startPasskey,
  type WithPasskey,
} from './factors.ts'

const AT_ONCE = 50

type Listed = { passkeys: PasskeyBody[]; signals: Record<string, unknown> }

const list = async (s: TestServer, who: { access: string }) => expectStatus(await get(s, PASSKEYS, who), 200) as Listed
const signInUse = { purpose: 'sign-in', userId: undefined, boundTo: undefined } as const
const startCheck = (s: TestServer) => s.service.passkeys.startCheck(signInUse)
const check = (
  s: TestServer,
  response: unknown,
  use: Parameters<typeof s.service.passkeys.startCheck>[0] = signInUse,
) => s.service.passkeys.check({ ...use, response, origin: NOWHERE })
const rename = (s: TestServer, id: string, body: unknown, who: { access: string }) =>
  s.ask({ method: 'PATCH', path: `${PASSKEYS}/${id}`, body, headers: bearer(who) })

async function withPasskey(s: TestServer, name = 'ann'): Promise<WithPasskey> {
  return enrolPasskey(s, await join(s, name))
}

describe('a passkey', () => {
  for (const { kind, name } of databases()) {
    it(`is enrolled and listed, told as an event, and signs in without a name (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const { created_at, id, credential_id, ...rest } = ann.passkey
      assert.equal(credential_id, ann.authenticator.keys[0]?.id)
      assert.deepEqual(rest, {
        name: 'Passkey',
        rp_id: 'auth.example.com',
        aaguid: '00000000-0000-0000-0000-000000000000',
        transports: ['internal', 'hybrid'],
        is_backup_eligible: true,
        is_backed_up: true,
        last_used_at: null,
      })
      const listed = await list(s, ann)
      assert.deepEqual(listed.passkeys, [ann.passkey])
      assert.doesNotMatch(JSON.stringify(listed), /public_?key|user_id/i)
      assert.deepEqual(await factorEvents(s, ann.id), ['factor.added passkey'])
      assert.match((await notice(s, ann.email, 'factor-added')).text, /A passkey/)

      const options = await startCheck(s)
      assert.deepEqual([options.rpId, options.userVerification], ['auth.example.com', 'required'])
      assert.deepEqual(options.allowCredentials, [], 'nobody learns who is registered')
      const outcome = await check(s, ann.authenticator.get(options))
      assert.deepEqual(outcome, { kind: 'right', userId: ann.id, passkeyId: id, amr: ['swk', 'user', 'mfa'] })
      assert.notEqual((await list(s, ann)).passkeys[0]?.last_used_at, null)
      assert.equal(await s.service.passkeys.has(ann.id), true)
    })

    it(`asvs 6.7.2: one of ${AT_ONCE} answers at once to a challenge signs in, and none later (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const response = ann.authenticator.get(await startCheck(s))
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => check(s, response)))
      assert.equal(answers.filter(({ kind: outcome }) => outcome === 'right').length, 1)
      assert.deepEqual(await check(s, response), { kind: 'challenge-refused' })
    })

    it(`is enrolled by one of ${AT_ONCE} requests at once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await join(s, 'ann')
      const response = createAuthenticator(ORIGIN).create(await startPasskey(s, ann))
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => post(s, PASSKEYS, { response }, ann)))
      const statuses = answers.map(({ status }) => status).filter((status) => status !== 401) // who has one proves it first
      assert.deepEqual(statuses.sort(), [201, ...Array(statuses.length - 1).fill(410)])
      assert.equal((await list(s, ann)).passkeys.length, 1)
    })

    it(`is one user's, whoever else brings it (WebAuthn §7.1 step 26; ${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const bob = await join(s, 'bob')
      const options = await startPasskey(s, bob)
      const [key] = ann.authenticator.keys
      // The same credential id, with a key of his own.
      const made = createAuthenticator(ORIGIN, undefined, key?.id).create(options)
      expectProblem(await post(s, PASSKEYS, { response: made }, bob), 409, 'passkey-taken')
      assert.deepEqual((await list(s, bob)).passkeys, [])
      assert.equal((await check(s, ann.authenticator.get(await startCheck(s)))).kind, 'right')
    })

    it(`GHSA-4vcf-q4xf-f48m: somebody else's is not found, neither to rename nor to remove (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const bob = await withPasskey(s, 'bob')
      const before = await s.db.selectFrom('passkey').selectAll().execute()
      for (const id of [ann.passkey.id, '0'.repeat(32), 'x', '%00', "' or 1=1 --"]) {
        const escaped = id.startsWith('%') ? id : encodeURIComponent(id)
        expectProblem(await rename(s, escaped, { name: 'mine now' }, bob), 404, 'not-found')
        expectProblem(await remove(s, `${PASSKEYS}/${escaped}`, bob), 404, 'not-found')
      }
      assert.deepEqual(await s.db.selectFrom('passkey').selectAll().execute(), before)
      assert.deepEqual(await factorEvents(s, ann.id), ['factor.added passkey'])
    })

    it(`that is the last way in is not removed, not even by two removals at once (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const { passkey: other } = await enrolPasskey(s, ann)
      await storeHash(s, ann.id, '!unusable')
      const paths = [ann.passkey, other].map(({ id }) => `${PASSKEYS}/${id}`)
      const answers = await Promise.all(paths.map((path) => remove(s, path, ann)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 409])
      const [last] = (await list(s, ann)).passkeys
      expectProblem(await remove(s, `${PASSKEYS}/${last?.id}`, ann), 409, 'last-way-in')
      assert.equal((await list(s, ann)).passkeys.length, 1)
      assert.equal((await factorEvents(s, ann.id)).filter((event) => event === 'factor.removed passkey').length, 1)
    })

    it(`that is removed signs nobody in, and the other sessions end (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const phone = await anotherSession(s, ann)
      const options = await startCheck(s)
      expectStatus(await remove(s, `${PASSKEYS}/${ann.passkey.id}`, ann), 204)
      assert.deepEqual([await isGood(s, phone.access), await isGood(s, ann.access)], [false, true])
      assert.deepEqual(await check(s, ann.authenticator.get(options)), { kind: 'unknown-passkey' })
      assert.match((await notice(s, ann.email, 'factor-removed')).text, /A passkey/)
      expectProblem(await remove(s, `${PASSKEYS}/${ann.passkey.id}`, ann), 404, 'not-found')
    })

    it(`goes with an erased user, and so does the handle (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      await withPasskey(s, 'bob')
      await s.service.lifecycle.erase(ann.id)
      for (const table of ['passkey', 'user_handle'] as const)
        assert.equal((await s.db.selectFrom(table).select('user_id').execute()).length, 1)
      assert.deepEqual(await check(s, ann.authenticator.get(await startCheck(s))), { kind: 'unknown-passkey' })
    })
  }

  it('is asked for as a discoverable one that verifies its user, without attestation, and not twice of one authenticator', async (t) => {
    const s = await startServer(t, { environment: { WEBAUTHN_RP_NAME: 'Example' } })
    const ann = await withPasskey(s)
    const { challenge, user, ...options } = await startPasskey(s, ann)
    assert.equal(Buffer.from(challenge, 'base64url').length, 32)
    const { id: handle, ...names } = user as unknown as Record<string, string>
    assert.equal(Buffer.from(handle ?? '', 'base64url').length, 64, 'WebAuthn §14.6.1')
    assert.equal(handle, ann.authenticator.keys[0]?.userHandle, 'the same for all passkeys of a user')
    assert.deepEqual(names, { name: 'ann@example.com', displayName: 'ann@example.com' })
    assert.deepEqual(options, {
      rp: { id: 'auth.example.com', name: 'Example' },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: 'public-key' })),
      timeout: 300_000,
      attestation: 'none',
      excludeCredentials: [{ id: ann.passkey.credential_id, type: 'public-key' }],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      extensions: { credProps: true },
    })
  })

  it('has a handle that tells nothing about the person, made once however many begin at once', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const begun = await Promise.all(Array.from({ length: 10 }, () => startPasskey(s, ann)))
    assert.equal(new Set(begun.map(({ user }) => user.id)).size, 1)
    assert.equal(new Set(begun.map(({ challenge }) => challenge)).size, 10)
  })

  for (const { kind, name } of databases())
    it(`is renamed (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      expectStatus(await rename(s, ann.passkey.id, { name: 'Büro 😀' }, ann), 204)
      assert.equal((await list(s, ann)).passkeys[0]?.name, 'Büro 😀')
      for (const body of [{}, { name: '' }, { name: 'x'.repeat(101) }, { name: 7 }, { name: null }])
        expectProblem(await rename(s, ann.passkey.id, body, ann), 400, 'malformed-request')
    })

  it('is told to authenticators with those that are still accepted (Signal API)', async (t) => {
    const s = await startServer(t)
    const ann = await withPasskey(s)
    await s.clock.advance(1)
    const { passkey: other } = await enrolPasskey(s, ann)
    const { signals } = await list(s, ann)
    assert.deepEqual(signals, {
      rpId: 'auth.example.com',
      userId: ann.authenticator.keys[0]?.userHandle,
      allAcceptedCredentialIds: [ann.passkey.credential_id, other.credential_id],
      name: 'ann@example.com',
      displayName: 'ann@example.com',
    })
    expectStatus(await remove(s, `${PASSKEYS}/${other.id}`, ann), 204)
    assert.deepEqual((await list(s, ann)).signals.allAcceptedCredentialIds, [ann.passkey.credential_id])
  })

  it('is one of 25 at most', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    for (let count = 0; count < 25; count++) await enrolPasskey(s, ann)
    const response = createAuthenticator(ORIGIN).create(await startPasskey(s, ann))
    expectProblem(await post(s, PASSKEYS, { response }, ann), 409, 'too-many-passkeys')
  })

  it('beside a password and an app may always be removed', async (t) => {
    const s = await startServer(t)
    const ann = await withPasskey(s)
    await enrolApp(s, ann)
    expectStatus(await remove(s, `${PASSKEYS}/${ann.passkey.id}`, ann), 204)
  })
})

// What must not be believed: WebAuthn §7.1 and §7.2, step by step.
const lies: [title: string, lies: Lies][] = [
  ['of another origin', { origin: 'https://evil.example' }],
  ['of an origin that only begins like ours', { origin: `${ORIGIN}.evil.example` }],
  ['of our host without TLS', { origin: 'http://auth.example.com' }],
  ['for another relying party', { rpId: 'example.com' }],
  ['of a page within a foreign frame', { crossOrigin: true }],
  ['of a page within a named foreign frame', { crossOrigin: true, topOrigin: 'https://evil.example' }],
  ['with a top origin that it should not have', { topOrigin: ORIGIN }],
  ['without anybody present', { flags: flags.UV | flags.BE | flags.BS }],
  ['without a verified user', { flags: flags.UP | flags.BE | flags.BS }],
  ['backed up although it cannot be', { flags: flags.UP | flags.UV | flags.BS }],
  ['with the credential id of another one', { id: 'AAAA' }],
]

describe('an enrolment is refused', () => {
  for (const [title, lie] of [...lies, ['that is an assertion', { type: 'webauthn.get' }] as const]) {
    it(title, async (t) => {
      const s = await startServer(t)
      const ann = await join(s, 'ann')
      const response = createAuthenticator(ORIGIN).create(await startPasskey(s, ann), lie)
      expectProblem(await post(s, PASSKEYS, { response }, ann), 422, 'passkey-refused')
      expectProblem(await post(s, PASSKEYS, { response }, ann), 410, 'challenge-refused')
      assert.deepEqual((await list(s, ann)).passkeys, [])
      assert.deepEqual(await factorEvents(s, ann.id), [])
    })
  }

  it('CVE-2026-32132: after five minutes', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const response = createAuthenticator(ORIGIN).create(await startPasskey(s, ann))
    await s.clock.advance(300)
    expectProblem(await post(s, PASSKEYS, { response }, ann), 410, 'challenge-refused')
    assert.deepEqual((await list(s, ann)).passkeys, [])
  })

  it('of another session, another user, or with a challenge of a sign-in or of its own', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    const phone = { ...ann, ...(await anotherSession(s, ann)) }
    const bob = await join(s, 'bob')
    const options = await startPasskey(s, ann)
    const authenticator = createAuthenticator(ORIGIN)
    const { challenge } = await startCheck(s)
    const tries: [unknown, { access: string }][] = [
      [authenticator.create(options), phone],
      [authenticator.create(options), bob],
      [authenticator.create(options, { challenge }), ann],
      [authenticator.create(options, { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }), ann],
    ]
    for (const [response, who] of tries)
      expectProblem(await post(s, PASSKEYS, { response }, who), 410, 'challenge-refused')
    expectStatus(await post(s, PASSKEYS, { response: authenticator.create(options) }, ann), 201)
  })

  const nonsense: [title: string, response: (good: Record<string, unknown>) => unknown][] = [
    ['without a response', ({ response: _, ...rest }) => rest],
    [
      'without an attestation',
      (good) => ({ ...good, response: { ...Object(good.response), attestationObject: undefined } }),
    ],
    [
      'with an attestation that is no CBOR',
      (good) => ({ ...good, response: { ...Object(good.response), attestationObject: 'AAAA' } }),
    ],
    [
      'with an attestation that is a number',
      (good) => ({ ...good, response: { ...Object(good.response), attestationObject: 7 } }),
    ],
    ['of another type', (good) => ({ ...good, type: 'password' })],
    ['with ids that differ', (good) => ({ ...good, rawId: 'AAAA' })],
  ]
  for (const [title, change] of nonsense) {
    it(title, async (t) => {
      const s = await startServer(t)
      const ann = await join(s, 'ann')
      const response = change(createAuthenticator(ORIGIN).create(await startPasskey(s, ann)))
      const answer = await post(s, PASSKEYS, { response }, ann)
      assert.ok(answer.status === 410 || answer.status === 422, answer.text)
      assert.deepEqual((await list(s, ann)).passkeys, [])
    })
  }

  it('when the body is not as it must be', async (t) => {
    const s = await startServer(t)
    const ann = await join(s, 'ann')
    for (const body of [
      {},
      { response: 'x' },
      { response: [] },
      { response: {}, name: 'x'.repeat(101) },
      { response: {}, name: 7 },
    ])
      expectProblem(await post(s, PASSKEYS, body, ann), 400, 'malformed-request')
    expectProblem(await post(s, PASSKEYS, { response: {} }, ann), 410, 'challenge-refused')
    expectProblem(
      await s.post(PASSKEYS, '{}', { ...bearer(ann), 'content-type': 'text/plain' }),
      415,
      'unsupported-media-type',
    )
  })
})

describe('an assertion is refused', () => {
  const more: [title: string, lies: Lies][] = [
    ['that is a registration', { type: 'webauthn.create' }],
    ['with the handle of another user', { userHandle: Buffer.alloc(64, 1).toString('base64url') }],
    ['with no handle, where it has to name its user', { userHandle: undefined }],
  ]
  const CHANGED = 'that says now that it cannot be backed up (§7.2 step 19)'
  for (const [title, lie] of [...lies.slice(0, -1), ...more, [CHANGED, { flags: flags.UP | flags.UV }] as const]) {
    it(title, async (t) => {
      const s = await startServer(t)
      const ann = await withPasskey(s)
      const options = await startCheck(s)
      const userId = title === CHANGED ? ann.id : null // of the last one all but that is right: it is ann's
      assert.deepEqual(await check(s, ann.authenticator.get(options, lie)), { kind: 'wrong', userId })
      assert.deepEqual(await check(s, ann.authenticator.get(options)), { kind: 'challenge-refused' }, 'it is spent')
      assert.equal((await list(s, ann)).passkeys[0]?.last_used_at, null)
    })
  }

  it('with a changed signature, a changed byte of what was signed, or the signature of another key', async (t) => {
    const s = await startServer(t)
    const ann = await withPasskey(s)
    const bob = await withPasskey(s, 'bob')
    const flip = (text: unknown) => {
      const bytes = Buffer.from(String(text), 'base64url')
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      return bytes.toString('base64url')
    }
    for (const member of ['signature', 'authenticatorData']) {
      const good = ann.authenticator.get(await startCheck(s))
      const response = Object(good.response)
      const changed = { ...good, response: { ...response, [member]: flip(response[member]) } }
      assert.deepEqual(await check(s, changed), { kind: 'wrong', userId: null }, member)
    }
    const options = await startCheck(s)
    const [annKey] = ann.authenticator.keys
    const forged = bob.authenticator.get(options, { id: annKey?.id ?? '', userHandle: annKey?.userHandle })
    assert.deepEqual(await check(s, forged), { kind: 'wrong', userId: null })
  })

  it('after five minutes, and of an unknown passkey', async (t) => {
    const s = await startServer(t)
    const ann = await withPasskey(s)
    const options = await startCheck(s)
    await s.clock.advance(300)
    assert.deepEqual(await check(s, ann.authenticator.get(options)), { kind: 'challenge-refused' })
    const stranger = createAuthenticator(ORIGIN)
    stranger.create(await startPasskey(s, await join(s, 'bob')))
    assert.deepEqual(await check(s, stranger.get(await startCheck(s))), { kind: 'unknown-passkey' })
  })

  for (const nonsense of [
    undefined,
    null,
    'x',
    7,
    [],
    {},
    { response: { clientDataJSON: 'AAAA' } },
    { response: null },
  ]) {
    it(`that is ${JSON.stringify(nonsense)}`, async (t) => {
      const s = await startServer(t)
      assert.deepEqual(await check(s, nonsense), { kind: 'challenge-refused' })
    })
  }

  it('for another use than its challenge was made for', async (t) => {
    const s = await startServer(t)
    const ann = await withPasskey(s)
    const bob = await withPasskey(s, 'bob')
    const uses = [
      signInUse,
      { purpose: 'second-factor', userId: ann.id, boundTo: 'attempt 1' },
      { purpose: 'second-factor', userId: ann.id, boundTo: 'attempt 2' },
      { purpose: 'step-up', userId: ann.id, boundTo: 'attempt 1' },
      { purpose: 'second-factor', userId: bob.id, boundTo: 'attempt 1' },
    ] as const
    for (const issued of uses) {
      for (const used of uses) {
        const response = ann.authenticator.get(await s.service.passkeys.startCheck(issued))
        const { kind } = await check(s, response, used)
        const isHers = used.userId === undefined || used.userId === ann.id
        assert.equal(
          kind,
          issued !== used ? 'challenge-refused' : isHers ? 'right' : 'wrong',
          JSON.stringify([issued, used]),
        )
      }
    }
  })

  it('of another user, where the user is known; where the handle is left out, the id is enough', async (t) => {
    const s = await startServer(t)
    const ann = await withPasskey(s)
    const use = { purpose: 'second-factor', userId: ann.id, boundTo: 'attempt' } as const
    const options = await s.service.passkeys.startCheck(use)
    assert.deepEqual(options.allowCredentials, [
      { id: ann.passkey.credential_id, type: 'public-key', transports: ['internal', 'hybrid'] },
    ])
    assert.equal((await check(s, ann.authenticator.get(options, { userHandle: undefined }), use)).kind, 'right')
  })
})

describe('a signature counter', () => {
  const single = () => createAuthenticator(ORIGIN, flags.UP | flags.UV)

  it('that goes back or stays is refused and told; the passkey stays (WebAuthn §7.2 step 22)', async (t) => {
    const s = await startServer(t)
    const ann = await enrolPasskey(s, await join(s, 'ann'), single())
    const use = async (counter: number) => check(s, ann.authenticator.get(await startCheck(s), { counter }))
    const right = { kind: 'right', userId: ann.id, passkeyId: ann.passkey.id, amr: ['hwk', 'user', 'mfa'] }
    assert.deepEqual(await use(5), right)
    assert.deepEqual(await use(5), { kind: 'wrong', userId: ann.id })
    assert.deepEqual(await use(4), { kind: 'wrong', userId: ann.id })
    assert.deepEqual(await use(0), { kind: 'wrong', userId: ann.id })
    assert.deepEqual(await use(6), right)
    const events = await s.db
      .selectFrom('event')
      .select(['data', 'result'])
      .where('type', '=', 'passkey.clone-suspected')
      .execute()
    assert.deepEqual(
      events.map(({ data, result }) => [JSON.parse(data), result]),
      [5, 4, 0].map((shownCount) => [{ passkeyId: ann.passkey.id, storedCount: 5, shownCount }, 'failure']),
    )
  })

  it('raises no suspicion without a right signature', async (t) => {
    const s = await startServer(t)
    const ann = await enrolPasskey(s, await join(s, 'ann'), single())
    await check(s, ann.authenticator.get(await startCheck(s), { counter: 9 }))
    const good = ann.authenticator.get(await startCheck(s), { counter: 1 })
    const forged = { ...good, response: { ...Object(good.response), signature: 'AAAA' } }
    assert.deepEqual(await check(s, forged), { kind: 'wrong', userId: null })
    assert.ok(!(await factorEvents(s, ann.id)).includes('passkey.clone-suspected'))
  })
})

describe('relying party and related origins', () => {
  const RELATED = {
    WEBAUTHN_RP_ID: 'example.com',
    WEBAUTHN_RELATED_ORIGINS: 'https://example.net, https://shop.example.org',
  }

  it('are settings: passkeys of the domain above serve, also on pages of related origins', async (t) => {
    const s = await startServer(t, { environment: RELATED })
    const ann = await withPasskey(s)
    assert.equal(ann.passkey.rp_id, 'example.com')
    for (const origin of ['https://example.net', 'https://shop.example.org', ORIGIN])
      assert.equal((await check(s, ann.authenticator.get(await startCheck(s), { origin }))).kind, 'right', origin)
    for (const origin of [
      'https://example.org',
      'https://example.com',
      'https://www.shop.example.org',
      'http://example.net',
    ])
      assert.equal((await check(s, ann.authenticator.get(await startCheck(s), { origin }))).kind, 'wrong', origin)
  })

  it('are told at /.well-known/webauthn (WebAuthn §5.11)', async (t) => {
    const s = await startServer(t, { environment: RELATED })
    const answer = await s.get('/.well-known/webauthn')
    assert.deepEqual(
      [answer.status, answer.json],
      [200, { origins: [ORIGIN, 'https://example.net', 'https://shop.example.org'] }],
    )
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    const alone = await startServer(t)
    assert.deepEqual((await alone.get('/.well-known/webauthn', { host: 'evil.example' })).json, { origins: [ORIGIN] })
  })

  it('that change leave a passkey of the old one listed, but it is no way in and no factor', async (t) => {
    const first = await startServer(t)
    const ann = await withPasskey(first)
    const { url, clock } = first
    const s = await startServer(t, { url, clock, environment: { WEBAUTHN_RP_ID: 'example.com' } })
    const { passkeys, signals } = await list(s, ann)
    assert.deepEqual([passkeys.length, signals.allAcceptedCredentialIds], [1, []])
    assert.equal(await s.service.passkeys.has(ann.id), false)
    await storeHash(s, ann.id, '!unusable')
    await prove(s, ann, 'pwd')
    expectStatus(await remove(s, `${PASSKEYS}/${ann.passkey.id}`, ann), 204)
  })
})
