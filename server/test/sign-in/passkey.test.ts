import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { enrolPasskey, get, ORIGIN, PASSKEYS, remove } from '../account/factors.ts'
import { expectAlike } from '../account-by-mail/mail.ts'
import { joinAs } from '../admin/operators.ts'
import { createAuthenticator, flags, type Key } from '../authenticator.ts'
import { databases } from '../databases.ts'
import { claimsOf, countRows, expectProblem, expectTokens, isGood, join } from '../scenario.ts'
import { type Client, startServer } from '../start-server.ts'
import { withApp, withPasskey } from './half.ts'

const AT_ONCE = 50
const SIGN_IN = '/api/login/passkey'
const P256 = { namedCurve: 'P-256' }
const [HOME, CLONE, CHANGED, FORGER] = ['192.0.2.41', '192.0.2.42', '192.0.2.43', '192.0.2.44'] as const

type Options = { challenge: string; allowCredentials: unknown[]; userVerification: string; rpId: string }

async function start(s: Client): Promise<Options> {
  const answer = await s.post(`${SIGN_IN}/options`, {})
  assert.equal(answer.status, 200, answer.text)
  return answer.json as Options
}

const show = (s: Client, credential: unknown) => s.post(SIGN_IN, { credential })

describe('a sign-in with a passkey', () => {
  for (const { kind, name } of databases()) {
    it(`needs no name and nothing more, and its session says so (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const options = await start(s)
      assert.deepEqual(
        [options.allowCredentials, options.userVerification, options.rpId],
        [[], 'required', 'auth.example.com'],
      )
      const { access } = expectTokens(await show(s, ann.authenticator.get(options)))
      const { user_id, amr, acr } = claimsOf(access)
      assert.deepEqual({ user_id, amr, acr }, { user_id: ann.id, amr: ['swk', 'user', 'mfa'], acr: 'aal2' })
      assert.equal(await isGood(s, access), true)
    })

    it(`of somebody with an app for codes too asks for no code: it is two factors (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      await withApp(s)
      const bob = await withPasskey(s, 'bob')
      expectTokens(await show(s, bob.authenticator.get(await start(s))))
    })

    it(`answers its challenge once, of ${AT_ONCE} at once, and not after five minutes (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const credential = ann.authenticator.get(await start(s))
      const { session } = await countRows(s)
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => show(s, credential)))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal((await countRows(s)).session, session + 1)

      const late = ann.authenticator.get(await start(s))
      await s.clock.advance(301)
      expectProblem(await show(s, late), 401, 'wrong-credentials')
    })

    it(`is refused in one way: unverified, without its user, without a challenge, of a disabled user (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const bob = await withPasskey(s, 'bob')
      await s.service.lifecycle.disable(bob.id)
      const refusals = [
        await show(s, ann.authenticator.get(await start(s), { flags: flags.UP | flags.BE | flags.BS })),
        await show(s, ann.authenticator.get(await start(s), { userHandle: undefined })),
        await show(s, { id: 'x' }),
        await show(s, bob.authenticator.get(await start(s))),
      ]
      for (const answer of refusals) expectProblem(answer, 401, 'wrong-credentials')
      expectAlike(refusals)
    })

    it(`is said to be unknown, so that a page can tell the authenticator: never seen, removed, of somebody erased (${name})`, async (t) => {
      const s = await startServer(t, { kind })
      const ann = await withPasskey(s)
      const bob = await withPasskey(s, 'bob')
      const stranger = createAuthenticator(ORIGIN)
      stranger.keys.push({ ...(ann.authenticator.keys[0] as (typeof stranger.keys)[0]), id: 'AAAAAAAAAAAAAAAAAAAAAA' })
      assert.equal((await remove(s, `${PASSKEYS}/${ann.passkey.id}`, ann)).status, 204)
      await s.service.lifecycle.erase(bob.id)
      const refusals = []
      for (const authenticator of [stranger, ann.authenticator, bob.authenticator])
        refusals.push(await show(s, authenticator.get(await start(s))))
      for (const answer of refusals) expectProblem(answer, 401, 'passkey-unknown')
      expectAlike(refusals)
    })

    it(`with a right signature is its user's to see when it is refused, and goes with them (${name})`, async (t) => {
      const s = await startServer(t, { kind, environment: { TRUST_PROXY: '127.0.0.1' } })
      const [admin, bound] = [await joinAs(s, 'root', ['admin']), createAuthenticator(ORIGIN, flags.UP | flags.UV)]
      const ann = await enrolPasskey(s, await join(s, 'ann'), bound)
      const showFrom = (address: string, credential: unknown) =>
        s.post(SIGN_IN, { credential }, { 'x-forwarded-for': address })
      expectTokens(await showFrom(HOME, bound.get(await start(s), { counter: 4 })))
      const forging = { ...(bound.keys[0] as Key), privateKey: generateKeyPairSync('ec', P256).privateKey }
      const refusals = [
        await showFrom(CLONE, bound.get(await start(s), { counter: 3 })),
        await showFrom(CHANGED, bound.get(await start(s), { counter: 5, flags: flags.UP | flags.UV | flags.BE })),
        await showFrom(FORGER, bound.get(await start(s), { counter: 6 }, forging)),
      ]
      for (const answer of refusals) expectProblem(answer, 401, 'wrong-credentials')

      const failures = async () => (await admin.ask('GET', '/api/admin/events?type=sign-in.failed')).text
      const history = await get(s, '/api/account/history', ann)
      for (const address of [CLONE, CHANGED]) assert.ok(history.text.includes(address), address)
      assert.ok(!history.text.includes(FORGER), 'whoever has no key of theirs is nobody')
      for (const address of [CLONE, CHANGED, FORGER]) assert.ok((await failures()).includes(address), address)
      assert.equal(await s.service.lifecycle.erase(ann.id), true)
      for (const address of [CLONE, CHANGED]) assert.ok(!(await failures()).includes(address), address)
      assert.ok((await failures()).includes(FORGER))
    })
  }
})
