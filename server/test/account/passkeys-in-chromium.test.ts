/** Passkeys as a real browser makes and uses them, with its virtual authenticator. */
import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { addAuthenticator, inChromium, openTab, servePage, type VirtualAuthenticator } from '../chromium.ts'
import { claimsOf, expectProblem, expectTokens, join, type Person } from '../scenario.ts'
import { startServer, type TestServer } from '../start-server.ts'
import {
  enrolApp,
  expectStatus,
  get,
  NOWHERE,
  PASSKEYS,
  type PasskeyBody,
  post,
  prove,
  remove,
  startPasskey,
} from './factors.ts'

const signInUse = { purpose: 'sign-in', userId: undefined, boundTo: undefined } as const

type Scene = { s: TestServer; tab: Page; ann: Person; device: VirtualAuthenticator }

inChromium('passkeys', (browser) => {
  async function setScene(t: TestContext, changes: object = {}): Promise<Scene> {
    const origin = await servePage(t)
    const s = await startServer(t, { environment: { PUBLIC_URL: origin } })
    const tab = await openTab(t, browser(), origin)
    return { s, tab, ann: await join(s, 'ann'), device: await addAuthenticator(tab, changes) }
  }

  it('are enrolled, and sign in without a name, with a counter that goes up', async (t) => {
    const { s, tab, ann } = await setScene(t)
    const passkey = await enrol(s, tab, ann)
    assert.deepEqual([passkey.rp_id, passkey.transports], ['localhost', ['internal']])
    for (const count of [1, 2, 3]) {
      assert.deepEqual(
        await check(s, await use(tab, await s.service.passkeys.startCheck(signInUse))),
        { kind: 'right', userId: ann.id, passkeyId: passkey.id, amr: ['hwk', 'user', 'mfa'] },
        `use ${count}`,
      )
    }
    const options = await s.post('/api/login/passkey/options', {})
    const credential = await use(tab, options.json as object)
    const { access } = expectTokens(await s.post('/api/login/passkey', { credential }))
    assert.deepEqual([claimsOf(access).user_id, claimsOf(access).amr], [ann.id, ['hwk', 'user', 'mfa']])
    const { signature_count } = await s.db.selectFrom('passkey').select('signature_count').executeTakeFirstOrThrow()
    assert.ok(signature_count >= 4)
  })

  it('know whether they are synchronised', async (t) => {
    const { s, tab, ann } = await setScene(t, { defaultBackupEligibility: true, defaultBackupState: true })
    const passkey = await enrol(s, tab, ann)
    assert.deepEqual([passkey.is_backup_eligible, passkey.is_backed_up], [true, true])
    const outcome = await check(s, await use(tab, await s.service.passkeys.startCheck(signInUse)))
    assert.deepEqual(outcome.kind === 'right' && outcome.amr, ['swk', 'user', 'mfa'])
  })

  it('are a second factor, too: of this user, for this attempt', async (t) => {
    const { s, tab, ann } = await setScene(t)
    await enrol(s, tab, ann)
    const attempt = { purpose: 'second-factor', userId: ann.id, boundTo: 'attempt 1' } as const
    const response = await use(tab, await s.service.passkeys.startCheck(attempt))
    assert.equal((await check(s, response, { ...attempt, boundTo: 'attempt 2' })).kind, 'challenge-refused')
    assert.equal((await check(s, response, attempt)).kind, 'right')
  })

  it('are not made twice on one authenticator', async (t) => {
    const { s, tab, ann } = await setScene(t)
    await enrol(s, tab, ann)
    await assert.rejects(make(tab, await startPasskey(s, ann)), /InvalidStateError/)
  })

  it('are not used where the user is not verified', async (t) => {
    const { s, tab, ann, device } = await setScene(t)
    await enrol(s, tab, ann)
    const { inspector, authenticatorId } = device
    await inspector.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await assert.rejects(use(tab, await s.service.passkeys.startCheck(signInUse)), /NotAllowedError/)
  })

  it('of a page of another origin are refused', async (t) => {
    const { s, tab, ann } = await setScene(t)
    await enrol(s, tab, ann)
    const other = await servePage(t) // another port of localhost: the same relying party id
    await tab.goto(other)
    const response = await use(tab, await s.service.passkeys.startCheck(signInUse))
    assert.deepEqual(await check(s, response), { kind: 'wrong', userId: null })
  })

  it('that were copied are noticed when the copy lags behind (WebAuthn §7.2 step 22)', async (t) => {
    const { s, tab, ann, device } = await setScene(t)
    await enrol(s, tab, ann)
    const { inspector, authenticatorId } = device
    const { credentials } = await inspector.send('WebAuthn.getCredentials', { authenticatorId })
    const [copy] = credentials
    assert.ok(copy)
    assert.equal((await check(s, await use(tab, await s.service.passkeys.startCheck(signInUse)))).kind, 'right')
    await inspector.send('WebAuthn.clearCredentials', { authenticatorId })
    await inspector.send('WebAuthn.addCredential', { authenticatorId, credential: copy })
    assert.equal((await check(s, await use(tab, await s.service.passkeys.startCheck(signInUse)))).kind, 'wrong')
    const told = await s.db
      .selectFrom('event')
      .select('user_id')
      .where('type', '=', 'passkey.clone-suspected')
      .execute()
    assert.deepEqual(
      told.map(({ user_id }) => user_id),
      [ann.id],
    )
  })

  it('that are removed are removed from the authenticator, and the new name is told to it (Signal API)', async (t) => {
    const { s, tab, ann, device } = await setScene(t)
    const passkey = await enrol(s, tab, ann)
    await s.db.updateTable('user').set({ first_name: 'Ann', last_name: 'Other' }).where('id', '=', ann.id).execute()
    await signal(tab, await signalsOf(s, ann))
    const { inspector, authenticatorId } = device
    const listHeld = async () => (await inspector.send('WebAuthn.getCredentials', { authenticatorId })).credentials
    const [held] = await listHeld()
    assert.deepEqual([held?.userName, held?.userDisplayName], ['ann@example.com', 'Ann Other'])
    expectStatus(await remove(s, `${PASSKEYS}/${passkey.id}`, ann), 204)
    await signal(tab, await signalsOf(s, ann))
    assert.deepEqual(await listHeld(), [])
  })

  it('that are the last way in stay', async (t) => {
    const { s, tab, ann } = await setScene(t)
    await enrolApp(s, ann)
    const passkey = await enrol(s, tab, ann)
    await s.db.updateTable('password').set({ hash: '!unusable' }).where('user_id', '=', ann.id).execute()
    expectProblem(await remove(s, `${PASSKEYS}/${passkey.id}`, ann), 409, 'last-way-in')
    assert.equal((await check(s, await use(tab, await s.service.passkeys.startCheck(signInUse)))).kind, 'right')
  })
})

async function enrol(s: TestServer, tab: Page, ann: Person): Promise<PasskeyBody> {
  const response = await make(tab, await startPasskey(s, ann))
  const passkey = expectStatus(await post(s, PASSKEYS, { response, name: 'My laptop' }, ann), 201) as PasskeyBody
  await prove(s, ann, 'hwk', 'user', 'mfa')
  return passkey
}

/** What a page has, as far as it is used here. */
type PageGlobals = {
  navigator: {
    credentials: Record<'create' | 'get', (options: { publicKey: object }) => Promise<{ toJSON(): object }>>
  }
  PublicKeyCredential: Record<
    | 'parseCreationOptionsFromJSON'
    | 'parseRequestOptionsFromJSON'
    | 'signalAllAcceptedCredentials'
    | 'signalCurrentUserDetails',
    (given: object) => object
  >
}

/** `navigator.credentials.create()`, as a page calls it. */
function make(tab: Page, options: object): Promise<unknown> {
  return tab.evaluate(async (given) => {
    const { navigator, PublicKeyCredential } = globalThis as unknown as PageGlobals
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(given)
    return (await navigator.credentials.create({ publicKey })).toJSON()
  }, options)
}

/** `navigator.credentials.get()`, as a page calls it. */
function use(tab: Page, options: object): Promise<unknown> {
  return tab.evaluate(async (given) => {
    const { navigator, PublicKeyCredential } = globalThis as unknown as PageGlobals
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given)
    return (await navigator.credentials.get({ publicKey })).toJSON()
  }, options)
}

const check = (
  s: TestServer,
  response: unknown,
  given: Parameters<typeof s.service.passkeys.startCheck>[0] = signInUse,
) => s.service.passkeys.check({ ...given, response, origin: NOWHERE })

type Signals = { rpId: string; userId: string; allAcceptedCredentialIds: string[]; name: string; displayName: string }

const signalsOf = async (s: TestServer, ann: Person) =>
  (expectStatus(await get(s, PASSKEYS, ann), 200) as { signals: Signals }).signals

async function signal(tab: Page, signals: Signals): Promise<void> {
  await tab.evaluate(async ({ rpId, userId, allAcceptedCredentialIds, name, displayName }) => {
    const { PublicKeyCredential } = globalThis as unknown as PageGlobals
    await PublicKeyCredential.signalAllAcceptedCredentials({ rpId, userId, allAcceptedCredentialIds })
    if (allAcceptedCredentialIds.length === 0) return
    await PublicKeyCredential.signalCurrentUserDetails({ rpId, userId, name, displayName })
  }, signals)
}
